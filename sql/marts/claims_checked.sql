-- What does each printed claim of a cost truly cover, and does the ledger's own arithmetic bear it out?
with

checked as (
    select
        claims.*,
        models.name as model_name,
        verdicts.* exclude (claim_id, model_id, not_checkable_reason),
        verdicts.not_checkable_reason as reason,
        covered.gpu_hours as covered_gpu_hours,
        coalesce(covered.gpu_hours, covered.gpu_hours_high)::double as divisor_hours,
        covered.cost_low_usd as covered_cost_low_usd,
        covered.cost_mid_usd as covered_cost_usd,
        covered.cost_high_usd as covered_cost_high_usd,
        coalesce(covered.is_lower_bound, false) as is_covered_lower_bound,
        coalesce(covered.flags, []) as flags,
        cumulative.gpu_hours as cumulative_gpu_hours,
        cumulative.cost_mid_usd as cumulative_cost_usd,
        coalesce(cumulative.is_lower_bound, false) as is_cumulative_lower_bound,
        coalesce(cumulative.undisclosed_ancestors, []) as undisclosed_ancestors,
        claims.model_id in (
            select child_model_id from core.model_lineage where counts_in <> 'none'
        ) as has_ancestors,
    from core.cost_claims as claims
    inner join core.models as models on models.model_id = claims.model_id
    inner join marts.claim_verdicts as verdicts on verdicts.claim_id = claims.claim_id
    left join marts.claim_figures as covered on covered.claim_id = claims.claim_id and covered.side = 'covered'
    left join marts.claim_figures as cumulative
        on cumulative.claim_id = claims.claim_id and cumulative.side = 'cumulative'
),

dollars as (
    -- as people write them: whole from a thousand on, cents below
    select
        claim_id,
        written[1] as low,
        written[2] as high,
        written[3] as multiple_of,
    from (
        select
            claim_id,
            list_transform(
                [amount_low_usd, amount_high_usd, multiple_of_usd::double],
                lambda usd: format(if(usd >= 1000 or usd = round(usd), '${:,.0f}', '${:,.2f}'), usd)
            ) as written,
        from checked
    )
),

hourly as (
    -- the price that the claim comes to, for each unit of what it covers
    select
        claim_id,
        format('${:,.2f}', amount_low_usd / divisor_hours) as low,
        format('${:,.2f}', amount_high_usd / divisor_hours) as high,
    from checked
),

sentences as (
    -- the parts of the line; a part that does not apply is null and leaves nothing behind
    select
        checked.claim_id,
        if(checked.position = 'open', null, 'nothing to check it with: ' || checked.reason_in_words) as reason,
        covered.working as covered,
        case
            when checked.claimed_multiple is not null then concat(
                if(checked.is_covered_lower_bound, 'at least ', ''),
                format('{:,.2f} times ', checked.covered_cost_usd::double / checked.multiple_of_usd::double),
                dollars.multiple_of,
                format(', against {:g} times claimed', checked.claimed_multiple)
            )
            else concat(
                'against ',
                case checked.bound when 'floor' then 'more than ' when 'ceiling' then 'less than ' end,
                concat_ws(' to ', dollars.low, nullif(dollars.high, dollars.low)),
                ' claimed'
            )
        end as claimed,
        case
            when checked.compared_on_basis = 'purchase'
                then format('${:,.0f} a GPU', checked.amount_high_usd / covered.gpu_count)
            when checked.compared_on_basis <> 'disclosed' then concat(
                if(checked.is_covered_lower_bound, 'at most ', ''),
                concat_ws(' to ', hourly.low, nullif(hourly.high, hourly.low)),
                ' an hour'
            )
        end as claimed_price,
        case
            when checked.position = 'holds' then ', which holds'
            when checked.position = 'at' then ''
            when checked.position = 'inside' then ', inside that range'
            when checked.position = 'near'
                then format(', within {:g}% of that range', 100 * checked.agreement_ratio)
            when checked.position = 'open' and checked.is_covered_lower_bound
                then ', which a floor can neither confirm nor refute'
            when checked.position = 'open' then ', which an upper end alone can neither confirm nor refute'
            when checked.is_covered_lower_bound then concat(', ', checked.position, ' that floor')
            when covered.is_range then concat(', ', checked.position, ' that range')
            else concat(', ', checked.position, ' it')
        end as finding,
        if(
            checked.verdict = 'other_basis',
            concat(
                '; the claim is ',
                case checked.claimed_basis
                    when 'stated_price' then 'at a price of the claimant''s'
                    when 'rental' then 'at rent'
                    when 'spot' then 'at spot prices'
                    when 'amortized' then 'depreciated hardware and energy'
                    when 'purchase' then 'hardware bought'
                    else 'money spent'
                end,
                ', ours ',
                case checked.compared_on_basis
                    when 'disclosed' then 'at the price the developer states'
                    when 'purchase' then 'hardware bought'
                    when 'amortized' then 'depreciated hardware and energy'
                    when 'rental_spot' then 'at spot prices'
                    else 'at on-demand market rent'
                end
            ),
            null
        ) as other_basis,
        if(
            checked.verdict = 'wrong_scope' and checked.presented_as_scope <> 'cumulative',
            concat(
                if(checked.presented_as_scope = 'own', '; all its own training', '; the whole effort'),
                ' comes to ',
                presented.result
            ),
            null
        ) as presented,
        if(
            checked.cumulative_cost_usd is distinct from checked.covered_cost_usd
            or checked.is_cumulative_lower_bound <> checked.is_covered_lower_bound,
            concat(
                if(checked.has_ancestors, '; with the models it stands on ', '; with all its training '),
                nullif(whole.multiplication, covered.multiplication) || ' = ',
                whole.result,
                if(checked.is_cumulative_lower_bound, ', at least ', ', ')
                || format('{:,.2f} times the claim', checked.cumulative_to_claim_ratio),
                ', because ' || whole.lower_bound_reason
            ),
            null
        ) as cumulative,
    from checked
    inner join dollars on dollars.claim_id = checked.claim_id
    inner join hourly on hourly.claim_id = checked.claim_id
    left join marts.claim_workings as covered on covered.claim_id = checked.claim_id and covered.side = 'covered'
    left join marts.claim_workings as presented
        on presented.claim_id = checked.claim_id and presented.side = 'presented'
    left join marts.claim_workings as whole on whole.claim_id = checked.claim_id and whole.side = 'cumulative'
)

select
    checked.claim_id,
    checked.model_id,
    checked.model_name,
    checked.claimed_by,
    checked.claimed_on,
    checked.what_it_says,
    checked.claimed_low_usd,
    checked.claimed_high_usd,
    checked.claimed_multiple,
    checked.multiple_of_usd,
    checked.bound,
    checked.claimed_basis,
    checked.claimed_scope,
    checked.presented_as_scope,
    checked.covers_scope,
    checked.covers_phase_ids,
    checked.compared_on_basis,
    checked.covered_gpu_hours,
    checked.covered_cost_low_usd,
    checked.covered_cost_usd,
    checked.covered_cost_high_usd,
    checked.is_covered_lower_bound,
    checked.cumulative_gpu_hours,
    checked.cumulative_cost_usd,
    checked.is_cumulative_lower_bound,
    checked.undisclosed_ancestors,
    checked.cumulative_to_claim_ratio,
    checked.verdict,
    checked.reason as not_checkable_reason,
    case
        when sentences.reason is null then concat(
            sentences.covered,
            ', ',
            sentences.claimed,
            ' (' || sentences.claimed_price || ')',
            sentences.finding,
            sentences.other_basis,
            sentences.presented,
            sentences.cumulative
        )
        when sentences.covered is null then concat(
            sentences.reason,
            '; the claim comes to ' || sentences.claimed_price || format(' over {:,.0f} GPU-h', checked.divisor_hours),
            sentences.cumulative
        )
        else concat(
            sentences.reason,
            '; the ledger''s own figure for that scope is ',
            sentences.covered,
            ', ',
            sentences.claimed,
            ' (' || sentences.claimed_price || ')'
        )
    end as arithmetic,
    checked.flags,
    checked.source_id,
    checked.confidence,
from checked
inner join sentences using (claim_id)
order by checked.claim_id
