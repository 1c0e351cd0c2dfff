-- What does the ledger set beside each claim: hours and cost of what it covers, of what it is taken for, and of it all?
with

sides as (
    -- phases that a claim lists are no scope of a model: what it covers may be these, and they are summed below
    select
        claims.claim_id,
        sides.side,
        case sides.side
            when 'covered' then nullif(claims.covers_scope, 'phases')
            when 'presented' then nullif(claims.presented_as_scope, 'phases')
            else 'cumulative'
        end as scope,
        claims.compared_on_basis as price_basis,
        claims.model_id,
    from core.cost_claims as claims
    cross join (values ('covered'), ('presented'), ('cumulative')) as sides (side)
),

scope_hours as (
    -- hours do not depend on the basis: a claim on a basis that the ledger lacks has hours too
    select
        model_id,
        scope,
        max(gpu_hours) as gpu_hours,
        max(gpu_hours_high) as gpu_hours_high,
    from core.model_costs
    group by all
),

scope_figures as (
    select
        sides.*,
        hours.gpu_hours,
        hours.gpu_hours_high,
        costs.cost_low_usd,
        costs.cost_mid_usd,
        costs.cost_high_usd,
        coalesce(costs.is_lower_bound and costs.cost_missing_reason is null, false) as is_lower_bound,
        case
            when costs.model_id is not null then costs.cost_missing_reason
            when coalesce(hours.gpu_hours, hours.gpu_hours_high) is null then 'hours_not_disclosed'
            else 'no_price'
        end as cost_missing_reason,
        costs.unpriced_gpu_hours,
        coalesce(costs.undisclosed_ancestors, []) as undisclosed_ancestors,
        coalesce(costs.phases_without_quantity, []) as phases_without_quantity,
        coalesce(costs.flags, []) as flags,
    from sides
    inner join scope_hours as hours on hours.model_id = sides.model_id and hours.scope = sides.scope
    left join core.model_costs as costs
        on costs.model_id = sides.model_id
        and costs.scope = sides.scope
        and costs.price_basis = sides.price_basis
),

listed_phases as (
    select
        *,
        cost_missing_reason is null as is_priced,
        coalesce(gpu_hours_low, gpu_hours, gpu_hours_high) is not null as has_hours,
    from marts.claim_phases
    where scope = 'phases'
),

listed_figures as (
    select
        listed.claim_id,
        listed.side,
        listed.scope,
        listed.price_basis,
        claims.model_id,
        sum(gpu_hours) as gpu_hours,
        sum(gpu_hours_high) as gpu_hours_high,
        sum(cost_low_usd) filter (where is_counted) as cost_low_usd,
        case
            when bool_or(cost_mid_usd is not null)
                then sum(coalesce(cost_mid_usd, cost_low_usd::decimal(18, 2))) filter (where is_counted)
        end as cost_mid_usd,
        sum(cost_high_usd) filter (where is_counted) as cost_high_usd,
        bool_or(is_priced)
        and not bool_and(cost_high_usd is not null and (cost_low_usd is not null or is_counted)) as is_lower_bound,
        case
            when bool_or(is_priced) then null
            when bool_or(listed.model_id is null) then 'set_aside'
            when bool_or(has_hours) then 'no_price'
            else 'hours_not_disclosed'
        end as cost_missing_reason,
        sum(gpu_hours) filter (where not is_priced) as unpriced_gpu_hours,
        []::varchar[] as undisclosed_ancestors,
        coalesce(list(phase_id order by phase_id) filter (where not has_hours), []) as phases_without_quantity,
        list_sort(list_distinct(flatten(list(flags)))) as flags,
    from listed_phases as listed
    inner join core.cost_claims as claims on claims.claim_id = listed.claim_id
    group by all
),

figures as (
    from scope_figures
    union all by name
    from listed_figures
)

select
    claim_id,
    side,
    model_id,
    scope,
    price_basis,
    gpu_hours::decimal(18, 4) as gpu_hours,
    gpu_hours_high::decimal(18, 4) as gpu_hours_high,
    unpriced_gpu_hours::decimal(18, 4) as unpriced_gpu_hours,
    cost_low_usd,
    cost_mid_usd::decimal(18, 2) as cost_mid_usd,
    cost_high_usd,
    is_lower_bound,
    cost_missing_reason,
    undisclosed_ancestors,
    phases_without_quantity,
    flags,
from figures
order by claim_id, side
