-- How much arithmetic went into training each model, alone and with what it stands on, and how is that known?
with

method as (
    select
        coalesce(
            max(value) filter (where constant_id = 'flop_per_parameter_and_token'),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''flop_per_parameter_and_token''')
        ) as flop_per_parameter_and_token,
        coalesce(
            max(value) filter (where constant_id = 'usual_utilization_ratio'),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''usual_utilization_ratio''')
        ) as utilization_ratio,
        coalesce(
            max(value) filter (where constant_id = 'usual_utilization_low_ratio'),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''usual_utilization_low_ratio''')
        ) as utilization_low_ratio,
        coalesce(
            max(value) filter (where constant_id = 'usual_utilization_high_ratio'),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''usual_utilization_high_ratio''')
        ) as utilization_high_ratio,
    from core.method_constants
    where method_id = 'ledger'
),

phases as (
    -- what each phase gives: compute as disclosed, from parameters and tokens, from hours at full speed
    select
        phases.model_id,
        phases.training_compute_flop as disclosed_flop,
        phases.tokens_low::double as tokens_low,
        phases.tokens_high::double as tokens_high,
        method.flop_per_parameter_and_token
        * case models.architecture
            when 'dense' then coalesce(models.active_params, models.total_params)
            when 'moe' then models.active_params
        end::double as flop_per_token,
        coalesce(phases.gpu_hours::double, sqrt(phases.gpu_hours_low::double * phases.gpu_hours_high::double)) as hours,
        coalesce(phases.gpu_hours_low::double, hours) as hours_low,
        coalesce(phases.gpu_hours_high::double, hours) as hours_high,
        3600 * hardware.peak_bf16_flop_per_s as flop_per_hour,
    from core.training_phases as phases
    cross join method
    inner join core.models as models on models.model_id = phases.model_id
    left join core.hardware as hardware on hardware.hardware_id = phases.hardware_id
    where phases.row_role in ('primary', 'context_only')
),

ends as (
    -- a range of hours and that of the utilisation are independent: in logarithms, distances add in squares
    select
        phases.*,
        flop_per_token * tokens_low as counted_low_flop,
        flop_per_token * coalesce((tokens_low + tokens_high) / 2, tokens_low, tokens_high) as counted_flop,
        flop_per_token * coalesce(tokens_high, tokens_low) as counted_high_flop,
        hours * flop_per_hour * method.utilization_ratio as timed_flop,
        timed_flop * exp(
            -sqrt(ln(hours / hours_low) ** 2 + ln(method.utilization_ratio / method.utilization_low_ratio) ** 2)
        ) as timed_low_flop,
        timed_flop * exp(
            sqrt(ln(hours_high / hours) ** 2 + ln(method.utilization_high_ratio / method.utilization_ratio) ** 2)
        ) as timed_high_flop,
    from phases
    cross join method
),

known as (
    -- the best known way for each phase
    select
        model_id,
        case
            when disclosed_flop is not null then 'disclosed'
            when counted_flop is not null then 'from_tokens'
            when timed_flop is not null then 'from_hours'
        end as way,
        case way
            when 'disclosed' then disclosed_flop
            when 'from_tokens' then counted_low_flop
            else timed_low_flop
        end as low_flop,
        coalesce(disclosed_flop, counted_flop, timed_flop) as flop,
        coalesce(disclosed_flop, counted_high_flop, timed_high_flop) as high_flop,
        way = 'from_tokens' and tokens_high is null as is_floor,
    from ends
),

own as (
    select
        model_id,
        sum(low_flop) as low_flop,  -- of tokens told as 'up to' nothing is sure
        sum(flop) as flop,
        sum(high_flop) as high_flop,
        bool_or(way is null or is_floor) as is_incomplete,
        bool_or(way = 'from_tokens') as is_counted,
        bool_or(way = 'from_hours') as is_timed,
    from known
    group by all
),

summed as (
    select
        members.model_id,
        members.scope,
        sum(own.low_flop) as training_compute_low_flop,
        sum(own.flop) as training_compute_flop,
        sum(own.high_flop) as training_compute_high_flop,
        bool_or(own.flop is null or own.is_incomplete) as is_incomplete,
        bool_or(coalesce(own.is_timed, false)) as is_timed,
        bool_or(coalesce(own.is_counted, false)) as is_counted,
        list(members.member_model_id order by members.member_model_id) filter (
            where own.flop is null
        ) as undisclosed_models,
    from core.scope_members as members
    left join own on own.model_id = members.member_model_id
    group by all
)

select
    summed.model_id,
    summed.scope,
    summed.training_compute_low_flop,
    summed.training_compute_flop,
    summed.training_compute_high_flop,
    case
        when summed.training_compute_flop is null then null
        when summed.is_timed then 'from_hours'
        when summed.is_counted then 'from_tokens'
        else 'disclosed'
    end as compute_method,
    summed.training_compute_flop is not null
    and (summed.is_incomplete or list_contains(costs.flags, 'base_unknown')) as is_lower_bound,
    coalesce(summed.undisclosed_models, []) as undisclosed_models,
    if(summed.training_compute_flop is null, 'compute_not_disclosed', null) as missing_reason,
from summed
inner join core.model_costs as costs
    on costs.model_id = summed.model_id and costs.scope = summed.scope and costs.price_basis = 'rental'
order by summed.model_id, summed.scope
