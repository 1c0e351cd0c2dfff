-- Which models pass the compute thresholds of laws, and which derivatives took enough compute to count as new models?
with

additions as (
    -- what was added to a base, the data it was made with among it: the effort less what the base stands on
    select
        edges.child_model_id as model_id,
        edges.parent_model_id as base_model_id,
        sum(own.training_compute_low_flop) as low_flop,
        sum(own.training_compute_flop) as flop,
        sum(own.training_compute_high_flop) as high_flop,
        bool_or(own.training_compute_flop is null or own.is_lower_bound) as is_lower_bound,
        max(own.compute_method = 'from_hours') as is_timed,
        max(own.compute_method = 'from_tokens') as is_counted,
    from core.model_lineage as edges
    inner join core.scope_members as effort on effort.model_id = edges.child_model_id and effort.scope = 'effort'
    inner join marts.training_compute as own on own.model_id = effort.member_model_id and own.scope = 'own'
    left join core.scope_members as of_base
        on of_base.model_id = edges.parent_model_id
        and of_base.scope = 'cumulative'
        and of_base.member_model_id = effort.member_model_id
    where edges.relation = 'weights' and of_base.member_model_id is null
    group by all
),

measured as (
    -- the whole of a model, which thresholds are for, and what was added to a base, which shares are for
    select
        ['threshold'] as rule_kinds,
        model_id,
        null as base_model_id,
        training_compute_low_flop as low_flop,
        training_compute_flop as flop,
        training_compute_high_flop as high_flop,
        compute_method,
        is_lower_bound,
        missing_reason,
    from marts.training_compute
    where scope = 'cumulative'
    union all by name
    select
        ['share_of_base', 'share_of_threshold'] as rule_kinds,
        model_id,
        base_model_id,
        low_flop,
        flop,
        high_flop,
        case
            when flop is null then null
            when is_timed then 'from_hours'
            when is_counted then 'from_tokens'
            else 'disclosed'
        end as compute_method,
        flop is not null and is_lower_bound as is_lower_bound,
        if(flop is null, 'compute_not_disclosed', null) as missing_reason,
    from additions
),

compared as (
    -- without a threshold the whole of the base is the measure; where that is not known, a share of a threshold
    select
        rules.rule_id,
        measured.model_id,
        measured.base_model_id,
        measured.low_flop,
        measured.flop,
        measured.high_flop,
        coalesce(rules.threshold_flop, base.training_compute_low_flop) as reference_low_flop,
        coalesce(rules.threshold_flop, base.training_compute_flop) as reference_flop,
        coalesce(rules.threshold_flop, base.training_compute_high_flop) as reference_high_flop,
        coalesce(rules.base_share, 1) as limit_ratio,
        case
            when measured.flop is null or reference_flop is null then null
            when 'from_hours' in (measured.compute_method, base.compute_method) then 'from_hours'
            when 'from_tokens' in (measured.compute_method, base.compute_method) then 'from_tokens'
            else 'disclosed'
        end as compute_method,
        measured.is_lower_bound,
        coalesce(base.is_lower_bound, false) as is_reference_lower_bound,
        coalesce(measured.missing_reason, if(reference_flop is null, 'base_compute_not_disclosed', null))
            as missing_reason,
    from core.compute_rules as rules
    inner join measured on list_contains(measured.rule_kinds, rules.rule_kind)
    left join marts.training_compute as base
        on base.model_id = measured.base_model_id and base.scope = 'cumulative'
    where rules.rule_kind <> 'share_of_threshold' or base.training_compute_flop is null
),

judged as (
    -- sure is what holds at both ends, and for a floor whatever is missing
    select
        *,
        coalesce(low_flop / reference_high_flop > limit_ratio, false) as is_above_at_all_ends,
        coalesce(high_flop / reference_low_flop <= limit_ratio, false) as is_below_at_all_ends,
    from compared
)

select
    judged.model_id,
    judged.rule_id,
    coalesce(judged.base_model_id, judged.model_id) as compared_with_id,
    models.name as model_name,
    rules.title as rule_title,
    models.released_on,
    judged.base_model_id,
    judged.flop as training_compute_flop,
    judged.reference_flop as reference_compute_flop,
    judged.flop / judged.reference_flop as compute_ratio,
    judged.low_flop / judged.reference_high_flop as compute_low_ratio,
    judged.high_flop / judged.reference_low_flop as compute_high_ratio,
    judged.limit_ratio,
    case
        when judged.is_above_at_all_ends and not judged.is_reference_lower_bound then true
        when judged.is_below_at_all_ends and not judged.is_lower_bound then false
    end as is_above,
    judged.compute_method,
    judged.is_lower_bound,
    judged.is_reference_lower_bound,
    case
        when judged.missing_reason is not null then judged.missing_reason
        when not judged.is_above_at_all_ends and not judged.is_below_at_all_ends then 'uncertain_compute'
        when judged.is_above_at_all_ends and judged.is_reference_lower_bound then 'lower_bound'
        when judged.is_below_at_all_ends and judged.is_lower_bound then 'lower_bound'
    end as missing_reason,
    rules.source_id as rule_source_id,
from judged
inner join core.models as models on models.model_id = judged.model_id and len(models.covers_models) = 0
inner join core.compute_rules as rules on rules.rule_id = judged.rule_id
order by judged.model_id, judged.rule_id, compared_with_id
