-- How much of the world is costed: of how many models is the cost known, a floor, or missing, and why?
with

models_by_scope as (
    select
        models.developer,
        costs.price_basis,
        costs.scope,
        coalesce(costs.gpu_hours, costs.gpu_hours_low, costs.gpu_hours_high) is not null as has_hours,
        costs.cost_missing_reason is null as is_costed,
        costs.is_lower_bound,
    from core.model_costs as costs
    inner join core.models as models on models.model_id = costs.model_id
)

select
    if(grouping(developer) = 1, 'all', developer) as developer,
    price_basis,
    scope,
    count(*) as model_count,
    count(*) filter (where has_hours) as with_hours_count,
    count(*) filter (where is_costed) as costed_count,
    count(*) filter (where is_costed and not is_lower_bound) as complete_count,
    count(*) filter (where is_costed and is_lower_bound) as lower_bound_count,
    count(*) filter (where not has_hours) as no_hours_count,
    count(*) filter (where has_hours and not is_costed) as no_price_count,
    count(*) filter (where is_costed) / count(*) as costed_share,
from models_by_scope
group by grouping sets ((developer, price_basis, scope), (price_basis, scope))
order by developer, price_basis, scope
