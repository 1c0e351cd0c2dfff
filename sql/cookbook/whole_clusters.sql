-- What did the whole cluster of each model cost to buy: accelerators, servers and network?
select
    models.name as model_name,
    models.developer,
    accelerators.cost_mid_usd as accelerators_usd,
    clusters.cluster_low_usd,
    clusters.cluster_mid_usd,
    clusters.cluster_high_usd,
    clusters.is_lower_bound,
from core.cluster_costs as clusters
inner join core.models as models on models.model_id = clusters.model_id
inner join core.model_costs as accelerators
    on accelerators.model_id = clusters.model_id
    and accelerators.scope = clusters.scope
    and accelerators.price_basis = 'purchase'
where clusters.scope = 'cumulative' and clusters.cluster_mid_usd is not null
order by clusters.cluster_mid_usd desc, model_name
