-- Own cost on an hourly basis is exactly the sum of the model's summed phases.
-- severity: ERROR
with

summed as (
    select
        model_id,
        price_basis,
        sum(cost_mid_usd) as phases_usd,
    from core.phase_costs
    where row_role = 'primary' and price_basis <> 'purchase'
    group by all
    having count(*) filter (where cost_mid_usd is null) = 0
)

select
    costs.model_id,
    costs.price_basis,
    costs.cost_mid_usd,
    summed.phases_usd,
from core.model_costs as costs
inner join summed on summed.model_id = costs.model_id and summed.price_basis = costs.price_basis
where costs.scope = 'own' and costs.cost_mid_usd is distinct from summed.phases_usd
