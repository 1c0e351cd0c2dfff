-- What did each model take in hours, tokens and dollars, alone and with the models it stands on?
with

scopes as (
    -- the bases of a scope beside each other; hours are the same on every basis
    select
        model_id,
        scope,
        max(gpu_hours) as gpu_hours,
        max(coalesce(gpu_hours, gpu_hours_low, gpu_hours_high)) as any_gpu_hours,
        bool_and(gpu_hours_high is null) as is_hours_lower_bound,
        max(cost_mid_usd) filter (where price_basis = 'disclosed') as disclosed_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental') as rental_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental_now') as rental_now_usd,
        max(cost_mid_usd) filter (where price_basis = 'amortized') as amortized_usd,
        max(cost_mid_usd) filter (where price_basis = 'purchase') as purchase_usd,
        any_value(cost_missing_reason) filter (where price_basis = 'rental') as rental_missing_reason,
        any_value(undisclosed_ancestors) as undisclosed_ancestors,
        any_value(flags) filter (where price_basis = 'rental') as rental_flags,
    from core.model_costs
    group by all
),

floors as (
    -- the columns of a model that are lower bounds, by their names below
    select
        model_id,
        bool_or(scope = 'own') as is_own_lower_bound,
        bool_or(scope = 'cumulative') as is_cumulative_lower_bound,
        list(column_name order by column_name) as lower_bound_columns,
    from (
        select
            model_id,
            scope,
            concat(scope, '_', price_basis, '_usd') as column_name,
        from core.model_costs
        where is_lower_bound and cost_mid_usd is not null
        union all by name
        select
            model_id,
            scope,
            concat(scope, '_gpu_hours') as column_name,
        from scopes
        where is_hours_lower_bound and gpu_hours is not null
    ) as columns_by_scope
    where
        column_name not in ('effort_rental_now_usd', 'effort_amortized_usd', 'effort_purchase_usd')
        and not regexp_matches(column_name, '_rental_(spot|1y|3y)_usd$')
    group by all
),

own_phases as (
    select
        phases.model_id,
        phases.phase_id,
        phases.hardware_id,
        phases.row_role,
        phases.implied_utilization_ratio,
        phases.phase in ('pretraining', 'full_training') as is_from_scratch,
        phases.phase = 'continued_pretraining' as is_continued,
        coalesce(
            (phases.tokens_low::double + phases.tokens_high::double) / 2,
            phases.tokens_low,
            phases.tokens_high
        ) as tokens,
        phases.tokens_low is not null and phases.tokens_high is null as is_tokens_floor,
        phases.tokens_low is null and phases.tokens_high is not null as is_tokens_ceiling,
        rental.gpu_hours,
        if(list_contains(rental.flags, 'assumed_utilization'), null, rental.gpu_hours) as disclosed_gpu_hours,
        rental.cost_mid_usd as rental_usd,
        stated.cost_mid_usd as disclosed_usd,
    from core.training_phases as phases
    left join core.phase_costs as rental on rental.phase_id = phases.phase_id and rental.price_basis = 'rental'
    left join core.phase_costs as stated on stated.phase_id = phases.phase_id and stated.price_basis = 'disclosed'
    where phases.row_role in ('primary', 'context_only')
),

hardware_used as (
    select
        model_id,
        list(distinct hardware_id order by hardware_id) filter (where hardware_id is not null) as hardware_ids,
        arg_max(implied_utilization_ratio, gpu_hours) as implied_utilization_ratio,
    from own_phases
    where row_role = 'primary'
    group by all
),

token_phases as (
    -- what makes the weights; a model without such a phase is measured by its continued pretraining
    select own_phases.*,
    from own_phases
    left join (
        select distinct model_id,
        from own_phases
        where is_from_scratch
    ) as from_scratch on from_scratch.model_id = own_phases.model_id
    where own_phases.is_from_scratch or (own_phases.is_continued and from_scratch.model_id is null)
),

tokens as (
    -- a sum counts only where every one of these phases has the figure
    select
        model_id,
        if(bool_and(tokens is not null), sum(tokens), null) as training_tokens,
        bool_or(is_tokens_floor) and not bool_or(is_tokens_ceiling) as is_floor,
        bool_or(is_tokens_ceiling) and not bool_or(is_tokens_floor) as is_ceiling,
        if(bool_and(disclosed_gpu_hours is not null), sum(disclosed_gpu_hours)::double, null) as gpu_hours,
        if(
            bool_and(rental_usd is not null and disclosed_gpu_hours is not null),
            sum(rental_usd)::double,
            null
        ) as rental_usd,
        if(bool_and(disclosed_usd is not null), sum(disclosed_usd)::double, null) as disclosed_usd,
    from token_phases
    group by all
),

bounds as (
    -- what is a floor where tokens are, and what a ceiling
    select
        model_id,
        if(training_tokens is null, [], ['training_tokens'])
        || if(training_tokens / gpu_hours is null, [], ['tokens_per_gpu_hour']) as of_tokens,
        if(disclosed_usd / training_tokens is null, [], ['disclosed_usd_per_trillion_tokens'])
        || if(rental_usd / training_tokens is null, [], ['rental_usd_per_trillion_tokens']) as of_prices,
        case when is_floor then of_tokens when is_ceiling then of_prices else [] end as lower,
        case when is_floor then of_prices when is_ceiling then of_tokens else [] end as upper,
    from tokens
)

select
    models.model_id,
    models.name,
    models.developer,
    models.released_on,
    models.total_params,
    models.active_params,
    coalesce(hardware_used.hardware_ids, []) as hardware_ids,
    own.gpu_hours as own_gpu_hours,
    effort.gpu_hours as effort_gpu_hours,
    cumulative.gpu_hours as cumulative_gpu_hours,
    coalesce(floors.is_own_lower_bound, false) as is_own_lower_bound,
    coalesce(floors.is_cumulative_lower_bound, false) as is_cumulative_lower_bound,
    list_sort(list_concat(floors.lower_bound_columns, bounds.lower)) as lower_bound_columns,
    list_sort(coalesce(bounds.upper, [])) as upper_bound_columns,
    cumulative.undisclosed_ancestors,
    tokens.training_tokens,
    own.disclosed_usd as own_disclosed_usd,
    own.rental_usd as own_rental_usd,
    own.rental_now_usd as own_rental_now_usd,
    own.amortized_usd as own_amortized_usd,
    own.purchase_usd as own_purchase_usd,
    effort.disclosed_usd as effort_disclosed_usd,
    effort.rental_usd as effort_rental_usd,
    cumulative.disclosed_usd as cumulative_disclosed_usd,
    cumulative.rental_usd as cumulative_rental_usd,
    cumulative.rental_now_usd as cumulative_rental_now_usd,
    cumulative.amortized_usd as cumulative_amortized_usd,
    cumulative.purchase_usd as cumulative_purchase_usd,
    if(
        cumulative.is_hours_lower_bound,
        null,
        ((cumulative.gpu_hours - effort.gpu_hours) / cumulative.gpu_hours)::double
    ) as ancestor_hours_share,
    tokens.training_tokens / tokens.gpu_hours as tokens_per_gpu_hour,
    tokens.rental_usd / tokens.training_tokens * 1e12 as rental_usd_per_trillion_tokens,
    tokens.disclosed_usd / tokens.training_tokens * 1e12 as disclosed_usd_per_trillion_tokens,
    hardware_used.implied_utilization_ratio,
    case
        when own.gpu_hours is not null then null
        when own.any_gpu_hours is not null then 'one_sided'
        else own.rental_missing_reason
    end as missing_reason,
    cumulative.rental_flags as flags,
from core.models as models
inner join scopes as own on own.model_id = models.model_id and own.scope = 'own'
inner join scopes as effort on effort.model_id = models.model_id and effort.scope = 'effort'
inner join scopes as cumulative on cumulative.model_id = models.model_id and cumulative.scope = 'cumulative'
left join floors on floors.model_id = models.model_id
left join hardware_used on hardware_used.model_id = models.model_id
left join tokens on tokens.model_id = models.model_id
left join bounds on bounds.model_id = models.model_id
order by models.model_id
