-- What does the interval of a cost owe most to, and what does a quarter more or less of each input do?
with

counted as (
    -- a cluster is bought once: per developer and accelerator the phase that used most of it
    select
        members.model_id,
        members.scope,
        phases.price_basis,
        phases.phase_id,
        phases.hardware_id,
        phases.cost_mid_usd::double as cost_usd,
        phases.cost_low_usd,
        phases.cost_high_usd,
        coalesce(phases.unit_price_low_usd_per_gpu_hour, phases.unit_price_low_usd_per_gpu)::double as price_low,
        coalesce(phases.unit_price_high_usd_per_gpu_hour, phases.unit_price_high_usd_per_gpu)::double as price_high,
    from core.scope_members as members
    inner join core.phase_costs as phases on phases.model_id = members.member_model_id
    inner join core.models as models on models.model_id = members.member_model_id
    where phases.row_role = 'primary' and phases.cost_mid_usd is not null
    qualify
        phases.price_basis <> 'purchase'
        or row_number() over (
            partition by members.model_id, members.scope, phases.price_basis, models.developer, phases.hardware_id
            order by phases.gpu_count desc nulls last, phases.cost_mid_usd desc, phases.phase_id
        ) = 1
),

spreads as (
    -- standard deviations of the logarithm, up to a factor that all share: of the whole cost, and of its price
    select
        *,
        ln(cost_high_usd / cost_low_usd) as whole_spread,
        least(ln(price_high / price_low), ln(cost_high_usd / cost_low_usd)) as price_spread,
    from counted
),

inputs as (
    -- the price of one accelerator is one input of all its phases; hours are an input of their phase alone
    select
        model_id,
        scope,
        price_basis,
        'price' as input,
        coalesce(hardware_id, phase_id) as input_id,
        sum(cost_usd) as moved_usd,
        sum(cost_usd * coalesce(price_spread, 0)) ** 2 as variance,
    from spreads
    group by all
    union all
    select
        model_id,
        scope,
        price_basis,
        'hours' as input,
        phase_id as input_id,
        cost_usd as moved_usd,
        cost_usd ** 2 * greatest(coalesce(whole_spread ** 2 - price_spread ** 2, whole_spread ** 2, 0), 0) as variance,
    from spreads
    where price_basis <> 'purchase'
),

shares as (
    select
        *,
        sum(variance) over input_of as total_variance,
        row_number() over (input_of order by variance desc, moved_usd desc, input, input_id) as input_rank,
    from inputs
    window input_of as (partition by model_id, scope, price_basis)
)

select
    shares.model_id,
    shares.scope,
    shares.price_basis,
    shares.input,
    shares.input_id,
    shares.input_rank,
    if(total_variance > 0, variance / total_variance, null) as variance_share,
    costs.cost_mid_usd,
    (costs.cost_mid_usd - round(shares.moved_usd / 4, 2)::decimal(18, 2))::decimal(18, 2) as cost_if_quarter_less_usd,
    (costs.cost_mid_usd + round(shares.moved_usd / 4, 2)::decimal(18, 2))::decimal(18, 2) as cost_if_quarter_more_usd,
    costs.is_lower_bound,
from shares
inner join core.model_costs as costs
    on costs.model_id = shares.model_id and costs.scope = shares.scope and costs.price_basis = shares.price_basis
where costs.cost_mid_usd is not null
order by shares.model_id, shares.scope, shares.price_basis, shares.input_rank
