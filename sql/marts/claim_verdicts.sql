-- Does each printed claim of a cost hold against what the ledger has for the scope it covers, and if not, how not?
with

agreement as (
    -- how far a claim may be from the ledger and still agree
    select
        coalesce(
            max(value),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''agreement_ratio'': restore it')
        ) as ratio,
    from core.method_constants
    where method_id = 'ledger' and constant_id = 'agreement_ratio'
),

claims as (
    -- a multiple comes to an amount; the one end of a bound stands for both
    select
        *,
        claimed_multiple * multiple_of_usd::double as multiplied_usd,
        coalesce(claimed_low_usd::double, multiplied_usd, claimed_high_usd::double) as amount_low_usd,
        coalesce(claimed_high_usd::double, multiplied_usd, claimed_low_usd::double) as amount_high_usd,
        coalesce(claimed_high_usd, claimed_low_usd, multiple_of_usd)::double as headline_usd,
        case claimed_basis
            when 'unspecified' then true
            when 'stated_price' then coalesce(compared_on_basis = 'disclosed', false)
            when 'rental' then coalesce(starts_with(compared_on_basis, 'rental'), false)
            when 'spot' then coalesce(compared_on_basis = 'rental_spot', false)
            else compared_on_basis is not distinct from claimed_basis
        end as is_same_basis,
    from core.cost_claims
),

compared as (
    select
        claims.*,
        agreement.ratio as agreement_ratio,
        covered.scope as counted_scope,
        covered.cost_mid_usd::double as covered_usd,
        coalesce(covered.cost_low_usd, covered_usd) as lowest_usd,
        if(covered.is_lower_bound, null, coalesce(covered.cost_high_usd, covered_usd)) as highest_usd,
        coalesce(lowest_usd, covered.cost_high_usd) is not null as has_covered_cost,
        coalesce(covered.is_lower_bound, false) as is_covered_lower_bound,
        covered.cost_missing_reason as covered_missing_reason,
        presented.cost_mid_usd::double as presented_usd,
        coalesce(presented.is_lower_bound, false) as is_presented_lower_bound,
        coalesce(len(presented.undisclosed_ancestors) > 0, false) as is_presented_on_undisclosed,
        if(
            cumulative.is_lower_bound and cumulative.cost_mid_usd::double < claims.headline_usd,
            null,
            cumulative.cost_mid_usd::double / claims.headline_usd
        ) as cumulative_to_claim_ratio,
    from claims
    cross join agreement
    left join marts.claim_figures as covered on covered.claim_id = claims.claim_id and covered.side = 'covered'
    left join marts.claim_figures as presented on presented.claim_id = claims.claim_id and presented.side = 'presented'
    left join marts.claim_figures as cumulative
        on cumulative.claim_id = claims.claim_id and cumulative.side = 'cumulative'
),

positions as (
    -- where the amount stands against our interval; `open` where our figure is known at one end only
    select
        *,
        case
            when amount_low_usd is null or not has_covered_cost then null
            when bound is distinct from 'ceiling' and amount_low_usd * (1 - agreement_ratio) > highest_usd then 'above'
            when bound is distinct from 'floor' and amount_high_usd * (1 + agreement_ratio) < lowest_usd then 'below'
            when bound = 'floor' and covered_usd is not null
                and (not is_covered_lower_bound or amount_low_usd <= covered_usd)
                then 'holds'
            when bound = 'ceiling'
                and ((lowest_usd is not null and not is_covered_lower_bound) or amount_high_usd >= highest_usd)
                then 'holds'
            when bound is not null then 'open'
            when amount_low_usd <= covered_usd * (1 + agreement_ratio)
                and amount_high_usd >= covered_usd * (1 - agreement_ratio)
                then 'at'
            when amount_low_usd <= coalesce(highest_usd, covered_usd) and amount_high_usd >= lowest_usd then 'inside'
            when lowest_usd is not null and amount_low_usd <= coalesce(highest_usd, covered_usd) then 'near'
            when lowest_usd is not null and highest_usd is not null then 'near'
            else 'open'
        end as position,
    from compared
),

judged as (
    select
        *,
        coalesce(position in ('at', 'inside', 'near', 'holds'), false) as is_in_agreement,
        case
            when not_checkable_reason is not null then not_checkable_reason
            when amount_low_usd is null then 'no_amount_in_usd'
            when counted_scope is null then 'scope_not_stated'
            when compared_on_basis is null
                or compared_on_basis not in (select price_basis from core.model_costs)
                then 'basis_not_in_ledger'
            when not has_covered_cost then coalesce(covered_missing_reason, 'hours_not_disclosed')
            when position = 'open' and is_covered_lower_bound then 'covered_cost_is_lower_bound'
            when position = 'open' then 'covered_cost_is_upper_bound'
        end as reason,
        coalesce(
            presented_as_scope <> counted_scope
            and (
                abs(presented_usd / covered_usd - 1) > agreement_ratio
                or (is_presented_lower_bound and (not is_covered_lower_bound or is_presented_on_undisclosed))
            ),
            false
        ) as is_presented_as_more,
    from positions
),

printed as (
    -- amounts that were printed in other money
    select
        *,
        coalesce(printed_low_in_currency < printed_high_in_currency, false) as has_two_ends,
    from core.cost_claims
),

reasons as (
    -- why there is nothing to check a claim with, in words
    select
        judged.claim_id,
        case judged.reason
            when 'nothing_disclosed' then concat(
                models.developer,
                ' disclosed no ',
                if(judged.compared_on_basis = 'purchase', 'accelerators', 'hours'),
                ' for ',
                models.name
            )
            when 'hours_not_disclosed' then concat(models.developer, ' disclosed no hours for ', models.name)
            when 'third_party_estimate_only'
                then concat('hours and dollars come from one outsider, ', models.developer, ' disclosed no hours')
            when 'scope_not_stated' then 'what the amount covers was not said'
            when 'company_wide_not_one_model' then 'it is what a company spent for all purposes, not on one model'
            when 'data_cost_not_compute' then 'it is a bill for data, not for compute'
            when 'includes_staff' then 'staff is in the amount, and the ledger counts compute only'
            when 'includes_preliminary_experiments'
                then 'preliminary experiments are in the amount, and their hours are not disclosed'
            when 'no_amount_in_usd' then concat(
                'no amount in US dollars was printed',
                format(
                    '; {:,.0f}{} {} {} of {} come to ${:,.0f}{}, at {:.4f} {} a dollar on {}',
                    claims.printed_low_in_currency,
                    if(claims.has_two_ends, format(' to {:,.0f}', claims.printed_high_in_currency), ''),
                    claims.printed_currency,
                    coalesce('per ' || claims.printed_per, 'in all'),
                    claims.claimed_on,
                    claims.converted_low_usd,
                    if(claims.has_two_ends, format(' to ${:,.0f}', claims.converted_high_usd), ''),
                    1 / claims.usd_per_unit,
                    claims.printed_currency,
                    claims.exchange_rate_on
                )
            )
            when 'hypothetical_rerun' then 'no run with the hours behind the claim took place'
            when 'basis_not_in_ledger' then coalesce(
                'the ledger has no cost on the ' || judged.compared_on_basis || ' basis',
                'no basis of the ledger fits the claim'
            )
            when 'no_price' then concat(
                case judged.compared_on_basis
                    when 'disclosed' then 'no price was stated for '
                    when 'purchase' then 'no purchase price is known of '
                    when 'amortized' then 'no purchase price is known of '
                    when 'rental_spot' then 'no spot price is known of '
                    when 'rental_1y' then 'no price under a commitment of a year is known of '
                    when 'rental_3y' then 'no price under a commitment of three years is known of '
                    else 'no on-demand price is known of '
                end,
                coalesce(covered.hardware_names, 'the accelerator used'),
                if(
                    judged.compared_on_basis in ('rental', 'rental_spot', 'rental_1y', 'rental_3y'),
                    format(' on or before {}, the start used', covered.started_on),
                    ''
                )
            )
            when 'gpu_count_not_disclosed' then 'how many accelerators were used is not disclosed'
            when 'restated_base' then 'the only figure printed is the base model''s'
            when 'set_aside' then 'rows it needs were set aside, see quality.rejected_rows'
            else replace(judged.reason, '_', ' ')
        end as words,
    from judged
    inner join core.models as models on models.model_id = judged.model_id
    inner join printed as claims on claims.claim_id = judged.claim_id
    left join marts.claim_workings as covered on covered.claim_id = judged.claim_id and covered.side = 'covered'
    where judged.reason is not null
)

select
    judged.claim_id,
    judged.model_id,
    case
        when judged.reason is not null then 'not_checkable'
        when judged.is_in_agreement and judged.is_presented_as_more then 'wrong_scope'
        when judged.is_in_agreement then 'agrees'
        when not judged.is_same_basis then 'other_basis'
        when judged.position = 'below' then 'understated'
        else 'overstated'
    end as verdict,
    judged.reason as not_checkable_reason,
    reasons.words as reason_in_words,
    judged.position,
    judged.amount_low_usd,
    judged.amount_high_usd,
    judged.cumulative_to_claim_ratio,
    judged.agreement_ratio,
    judged.is_same_basis,
    judged.is_presented_as_more,
from judged
left join reasons using (claim_id)
order by judged.claim_id
