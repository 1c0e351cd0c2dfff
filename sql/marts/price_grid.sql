-- What would each model cost if an hour of its accelerators cost a dollar, two dollars, and so on?
select
    costs.model_id,
    costs.scope,
    prices.price_usd_per_gpu_hour::decimal(18, 6) as price_usd_per_gpu_hour,
    models.name as model_name,
    greatest(round(costs.gpu_hours * prices.price_usd_per_gpu_hour, 2), 0.01)::decimal(18, 2) as cost_usd,
    if(
        costs.unpriced_gpu_hours = 0,
        costs.cost_mid_usd::double / costs.gpu_hours::double,
        null
    ) as rental_usd_per_gpu_hour,
    costs.gpu_hours_high is null as is_lower_bound,
from core.model_costs as costs
inner join core.models as models on models.model_id = costs.model_id
cross join (
    values (0.5), (1.0), (1.5), (2.0), (2.5), (3.0), (4.0), (5.0), (7.5), (10.0)
) as prices (price_usd_per_gpu_hour)
where costs.price_basis = 'rental' and costs.gpu_hours is not null
order by costs.model_id, costs.scope, prices.price_usd_per_gpu_hour
