-- A claim that lists phases and names a scope means the same by both: they cost the same.
-- severity: WARN
with

listed as (
    select
        claims.claim_id,
        count(phases.phase_id) = count(*) as is_present,
        case
            when bool_or(costs.cost_mid_usd is not null)
                then sum(coalesce(costs.cost_mid_usd, costs.cost_low_usd::decimal(18, 2)))
        end as cost_usd,
    from core.cost_claims as claims
    cross join unnest(claims.covers_phase_ids) as named (phase_id)
    left join core.training_phases as phases on phases.phase_id = named.phase_id
    left join core.phase_costs as costs
        on costs.phase_id = named.phase_id
        and costs.price_basis = claims.compared_on_basis
        and costs.row_role = 'primary'
    group by all
)

select
    claims.claim_id,
    claims.covers_scope,
    claims.compared_on_basis,
    listed.cost_usd as listed_cost_usd,
    costs.cost_mid_usd as scope_cost_usd,
from core.cost_claims as claims
inner join listed on listed.claim_id = claims.claim_id
inner join core.model_costs as costs
    on costs.model_id = claims.model_id
    and costs.scope = claims.covers_scope
    and costs.price_basis = claims.compared_on_basis
where
    listed.is_present
    and claims.compared_on_basis <> 'purchase'
    and listed.cost_usd is distinct from costs.cost_mid_usd
order by claims.claim_id
