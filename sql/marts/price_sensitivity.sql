-- What does the interval of a cost owe most to, and what does a quarter more or less of each input do?
with

counted as (
    -- a cluster is bought once: per developer and accelerator the phase that used most of it
    select
        members.model_id,
        members.scope,
        phases.price_basis,
        phases.phase_id,
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

moved as (
    -- an input that several phases share moves all of them at once
    select
        counted.model_id,
        counted.scope,
        counted.price_basis,
        inputs.input,
        inputs.input_id,
        sum(inputs.cost_mid_usd)::double as moved_usd,
        sum(inputs.cost_at_low_usd - inputs.cost_mid_usd::double) as at_low_usd,
        sum(inputs.cost_at_high_usd - inputs.cost_mid_usd::double) as at_high_usd,
        sum(inputs.cost_if_quarter_less_usd - inputs.cost_mid_usd::double) as less_usd,
        sum(inputs.cost_if_quarter_more_usd - inputs.cost_mid_usd::double) as more_usd,
        -- to first order, up to a factor that all share
        sum(inputs.cost_mid_usd::double * ln(inputs.cost_at_high_usd / inputs.cost_at_low_usd)) ** 2 as variance,
    from counted
    inner join core.cost_inputs as inputs
        on inputs.phase_id = counted.phase_id and inputs.price_basis = counted.price_basis
    group by all
),

shares as (
    select
        *,
        sum(variance) over input_of as total_variance,
        row_number() over (input_of order by variance desc, moved_usd desc, input, input_id) as input_rank,
    from moved
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
    round(costs.cost_mid_usd::double + shares.at_low_usd, 2) as cost_at_low_usd,
    round(costs.cost_mid_usd::double + shares.at_high_usd, 2) as cost_at_high_usd,
    round(costs.cost_mid_usd::double + shares.less_usd, 2) as cost_if_quarter_less_usd,
    round(costs.cost_mid_usd::double + shares.more_usd, 2) as cost_if_quarter_more_usd,
    costs.is_lower_bound,
from shares
inner join core.model_costs as costs
    on costs.model_id = shares.model_id and costs.scope = shares.scope and costs.price_basis = shares.price_basis
where costs.cost_mid_usd is not null
order by shares.model_id, shares.scope, shares.price_basis, shares.input_rank
