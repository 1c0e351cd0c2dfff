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
    -- the best known way for each phase: as disclosed, from parameters and tokens, from hours at the usual utilisation
    select
        phases.model_id,
        phases.training_compute_flop as disclosed_flop,
        method.flop_per_parameter_and_token
        * case models.architecture
            when 'dense' then coalesce(models.active_params, models.total_params)
            when 'moe' then models.active_params
        end::double
        * case
            when phases.tokens_low is not null and phases.tokens_high is not null
                then (phases.tokens_low::double + phases.tokens_high::double) / 2
            else coalesce(phases.tokens_low, phases.tokens_high)::double
        end as counted_flop,
        coalesce(phases.gpu_hours::double, sqrt(phases.gpu_hours_low::double * phases.gpu_hours_high::double))
        * 3600 * hardware.peak_bf16_flop_per_s as peak_flop,
    from core.training_phases as phases
    cross join method
    inner join core.models as models on models.model_id = phases.model_id
    left join core.hardware as hardware on hardware.hardware_id = phases.hardware_id
    where phases.row_role in ('primary', 'context_only')
),

own as (
    select
        model_id,
        sum(coalesce(known_flop, peak_flop * utilization_low_ratio)) as low_flop,
        sum(coalesce(known_flop, peak_flop * utilization_ratio)) as flop,
        sum(coalesce(known_flop, peak_flop * utilization_high_ratio)) as high_flop,
        bool_or(coalesce(known_flop, peak_flop) is null) as is_incomplete,
        bool_or(disclosed_flop is null and counted_flop is not null) as is_counted,
        bool_or(known_flop is null and peak_flop is not null) as is_timed,
    from (
        select
            *,
            coalesce(disclosed_flop, counted_flop) as known_flop,
        from phases
    ) as known
    cross join method
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
