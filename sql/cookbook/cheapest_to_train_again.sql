-- Which models would be the cheapest to train again today, from nothing, and at what lowest quote?
select
    models.model_id,
    models.name,
    models.total_params,
    costs.gpu_hours,
    costs.cost_low_usd,
    costs.cost_mid_usd,
    costs.cost_high_usd,
    then_costs.cost_mid_usd as cost_at_the_time_usd,
    costs.flags,
from core.model_costs as costs
inner join core.models as models on models.model_id = costs.model_id
left join core.model_costs as then_costs
    on then_costs.model_id = costs.model_id
    and then_costs.scope = costs.scope
    and then_costs.price_basis = 'rental'
where
    costs.scope = 'cumulative'
    and costs.price_basis = 'rental_now'
    and costs.cost_mid_usd is not null
    and not costs.is_lower_bound
order by costs.cost_mid_usd, models.model_id
limit 20
