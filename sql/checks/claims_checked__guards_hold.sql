-- A guarded claim keeps its verdict, and our cost of what it covers stays within 1% of what the disclosures must give.
-- severity: ERROR
with

thinned as (
    -- figures that lost a row to validation: they warn elsewhere and do not block
    select distinct
        model_id,
        price_basis,
    from core.model_costs
    where list_contains(flags, 'set_aside')
),

present as (
    select list(phase_id) as phase_ids,
    from core.training_phases
)

select
    claims.claim_id,
    claims.expected_verdict,
    checked.verdict,
    claims.expected_covered_cost_usd,
    checked.covered_cost_usd,
    checked.arithmetic,
from core.cost_claims as claims
cross join present
left join marts.claims_checked as checked on checked.claim_id = claims.claim_id
left join thinned on thinned.model_id = claims.model_id and thinned.price_basis = claims.compared_on_basis
where
    thinned.model_id is null
    and list_has_all(coalesce(present.phase_ids, []), claims.covers_phase_ids)
    and (
        (claims.expected_verdict is not null and checked.verdict is distinct from claims.expected_verdict)
        or (
            claims.expected_covered_cost_usd is not null
            and coalesce(abs(checked.covered_cost_usd / claims.expected_covered_cost_usd - 1) > 0.01, true)
        )
    )
order by claims.claim_id
