-- The parts that are in a cost add up to it, to the cent.
-- severity: ERROR
with

parts as (
    select
        phase_id,
        price_basis,
        sum(cost_mid_usd) as parts_usd,
    from core.cost_components
    where is_in_cost
    group by all
)

select
    costs.phase_id,
    costs.price_basis,
    costs.cost_mid_usd,
    parts.parts_usd,
from parts
inner join core.phase_costs as costs on costs.phase_id = parts.phase_id and costs.price_basis = parts.price_basis
where costs.cost_mid_usd is distinct from parts.parts_usd
order by costs.phase_id, costs.price_basis
