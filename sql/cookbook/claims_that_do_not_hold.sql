-- Which printed claims do not hold, by how much, and where do they stand?
select
    checked.claim_id,
    checked.verdict,
    checked.model_name,
    checked.claimed_by,
    checked.claimed_on,
    coalesce(checked.claimed_high_usd, checked.claimed_low_usd) as claimed_usd,
    checked.covered_cost_usd,
    checked.cumulative_to_claim_ratio,
    checked.arithmetic,
    checked.flags,
    sources.title,
    sources.url,
from marts.claims_checked as checked
inner join core.sources as sources on sources.source_id = checked.source_id
where checked.verdict not in ('agrees', 'not_checkable')
order by checked.cumulative_to_claim_ratio desc nulls last, checked.claim_id
