-- Which cumulative figures are only lower bounds, and what is known to be missing from each?
select
    costs.model_id,
    models.name,
    costs.gpu_hours as gpu_hours_at_least,
    costs.cost_mid_usd as cost_at_least_usd,
    costs.undisclosed_ancestors,
    costs.phases_without_quantity,
    costs.unpriced_gpu_hours,
    list_intersect(
        costs.flags,
        [
            'base_unknown',
            'covers_models',
            'one_sided',
            'partly_priced',
            'phases_without_quantity',
            'restated_base',
            'set_aside',
            'undisclosed_ancestors',
        ]
    ) as reasons,
from core.model_costs as costs
inner join core.models as models on models.model_id = costs.model_id
where costs.scope = 'cumulative' and costs.price_basis = 'rental' and costs.is_lower_bound
order by costs.cost_mid_usd desc nulls last, costs.model_id
