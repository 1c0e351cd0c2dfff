-- What did DeepSeek-R1 really cost: the printed $294,000 against the models it stands on, scope by scope?
with

headline as (
    select claimed_high_usd as headline_usd,
    from core.cost_claims
    where claim_id = 'r1-press-whole-model'
)

select
    costs.scope,
    costs.price_basis,
    costs.gpu_hours,
    costs.cost_low_usd,
    costs.cost_mid_usd,
    costs.cost_high_usd,
    round((costs.cost_mid_usd / headline.headline_usd)::double, 2) as times_the_headline,
    costs.is_lower_bound,
    costs.flags,
from core.model_costs as costs
cross join headline
where costs.model_id = 'deepseek-r1'
order by costs.price_basis, costs.gpu_hours
