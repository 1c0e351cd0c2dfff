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

compared as (
    -- the whole of a model against a threshold
    select
        rules.rule_id,
        whole.model_id,
        null as base_model_id,
        whole.training_compute_low_flop as low_flop,
        whole.training_compute_flop as flop,
        whole.training_compute_high_flop as high_flop,
        rules.threshold_flop as reference_low_flop,
        rules.threshold_flop as reference_flop,
        rules.threshold_flop as reference_high_flop,
        1.0::double as limit_ratio,
        whole.compute_method,
        whole.is_lower_bound,
        false as is_reference_lower_bound,
        whole.missing_reason,
    from core.compute_rules as rules
    inner join marts.training_compute as whole on whole.scope = 'cumulative' and rules.rule_kind = 'threshold'
    union all by name
    -- what was added against the whole of the base
    select
        rules.rule_id,
        additions.model_id,
        additions.base_model_id,
        additions.low_flop,
        additions.flop,
        additions.high_flop,
        base.training_compute_low_flop as reference_low_flop,
        base.training_compute_flop as reference_flop,
        base.training_compute_high_flop as reference_high_flop,
        rules.base_share as limit_ratio,
        case
            when additions.flop is null or base.training_compute_flop is null then null
            when additions.is_timed or base.compute_method = 'from_hours' then 'from_hours'
            when additions.is_counted or base.compute_method = 'from_tokens' then 'from_tokens'
            else 'disclosed'
        end as compute_method,
        additions.flop is not null and additions.is_lower_bound as is_lower_bound,
        coalesce(base.is_lower_bound, false) as is_reference_lower_bound,
        case
            when additions.flop is null then 'compute_not_disclosed'
            when base.training_compute_flop is null then 'base_compute_not_disclosed'
        end as missing_reason,
    from core.compute_rules as rules
    inner join additions on rules.rule_kind = 'share_of_base'
    left join marts.training_compute as base
        on base.model_id = additions.base_model_id and base.scope = 'cumulative'
    union all by name
    -- where nothing is known of the base: what was added against a share of a threshold
    select
        rules.rule_id,
        additions.model_id,
        additions.base_model_id,
        additions.low_flop,
        additions.flop,
        additions.high_flop,
        rules.threshold_flop as reference_low_flop,
        rules.threshold_flop as reference_flop,
        rules.threshold_flop as reference_high_flop,
        rules.base_share as limit_ratio,
        case
            when additions.flop is null then null
            when additions.is_timed then 'from_hours'
            when additions.is_counted then 'from_tokens'
            else 'disclosed'
        end as compute_method,
        additions.flop is not null and additions.is_lower_bound as is_lower_bound,
        false as is_reference_lower_bound,
        case when additions.flop is null then 'compute_not_disclosed' end as missing_reason,
    from core.compute_rules as rules
    inner join additions on rules.rule_kind = 'share_of_threshold'
    left join marts.training_compute as base
        on base.model_id = additions.base_model_id and base.scope = 'cumulative'
    where base.training_compute_flop is null
),

judged as (
    -- sure is what holds at both ends, and for a floor whatever is missing
    select
        *,
        low_flop / reference_high_flop > limit_ratio as is_above_at_all_ends,
        high_flop / reference_low_flop <= limit_ratio as is_below_at_all_ends,
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
