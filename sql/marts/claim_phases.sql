-- Which phases stand behind each figure set beside a claim, and what does each of them cost?
with

claim_scopes as (
    select
        claims.claim_id,
        sides.side,
        claims.model_id,
        case sides.side
            when 'covered' then coalesce(claims.covers_scope, 'phases')
            when 'presented' then nullif(claims.presented_as_scope, 'phases')
            else 'cumulative'
        end as scope,
        claims.compared_on_basis as price_basis,
        claims.covers_phase_ids,
    from core.cost_claims as claims
    cross join (values ('covered'), ('presented'), ('cumulative')) as sides (side)
),

members as (
    -- a scope is the primary phases of its models; what covers no scope is the phases that the claim lists
    select
        scopes.claim_id,
        scopes.side,
        scopes.scope,
        scopes.price_basis,
        phases.phase_id,
    from claim_scopes as scopes
    inner join core.scope_members as models on models.model_id = scopes.model_id and models.scope = scopes.scope
    inner join core.phase_costs as phases on phases.model_id = models.member_model_id
    where phases.row_role = 'primary'
    union
    select
        claim_id,
        side,
        scope,
        price_basis,
        unnest(covers_phase_ids) as phase_id,
    from claim_scopes
    where scope = 'phases'
)

select
    members.claim_id,
    members.side,
    members.phase_id,
    members.scope,
    members.price_basis,
    phases.model_id,
    costs.hardware_id,
    hours.gpu_hours,
    hours.gpu_hours_low,
    hours.gpu_hours_high,
    costs.gpu_count,
    costs.unit_price_usd_per_gpu_hour,
    costs.price_quote_count,
    costs.cost_low_usd,
    costs.cost_mid_usd,
    costs.cost_high_usd,
    case
        when costs.phase_id is not null then costs.cost_missing_reason
        when phases.phase_id is null then 'set_aside'
        when hours.cost_missing_reason = 'hours_not_disclosed' or hours.phase_id is null then 'hours_not_disclosed'
        else 'no_price'
    end as cost_missing_reason,
    -- one cluster serves several phases: bought once, the largest counts; rented, each phase counts
    members.price_basis is distinct from 'purchase'
    or row_number() over (
        partition by members.claim_id, members.side, models.developer, costs.hardware_id
        order by costs.gpu_count desc nulls last, costs.cost_mid_usd desc nulls last, members.phase_id
    ) = 1 as is_counted,
    if(phases.phase_id is null, ['set_aside'], coalesce(costs.flags, [])) as flags,
    costs.started_on,
from members
left join core.training_phases as phases on phases.phase_id = members.phase_id
left join core.phase_costs as hours
    on hours.phase_id = members.phase_id and hours.row_role = 'primary' and hours.price_basis = 'rental'
left join core.phase_costs as costs
    on costs.phase_id = members.phase_id and costs.row_role = 'primary' and costs.price_basis = members.price_basis
left join core.models as models on models.model_id = costs.model_id
order by members.claim_id, members.side, members.phase_id
