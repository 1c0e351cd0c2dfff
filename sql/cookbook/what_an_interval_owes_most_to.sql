-- For each model, what does the interval of its cost at market rent owe most to, and what does that input alone do?
select
    models.name as model_name,
    inputs.input,
    inputs.input_id,
    round(inputs.variance_share, 3) as variance_share,
    inputs.cost_mid_usd,
    least(inputs.cost_at_low_usd, inputs.cost_at_high_usd) as cheapest_usd,
    greatest(inputs.cost_at_low_usd, inputs.cost_at_high_usd) as dearest_usd,
from marts.price_sensitivity as inputs
inner join core.models as models on models.model_id = inputs.model_id
where inputs.scope = 'cumulative' and inputs.price_basis = 'rental' and inputs.input_rank = 1
order by dearest_usd - cheapest_usd desc, model_name
