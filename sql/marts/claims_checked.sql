-- What does each printed claim of a cost truly cover, and does the ledger's own arithmetic bear it out?
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
        claimed.*,
        models.name as model_name,
        models.developer,
        coalesce(
            claimed.claimed_low_usd::double,
            claimed.claimed_multiple * claimed.multiple_of_usd::double,
            claimed.claimed_high_usd::double
        ) as amount_low_usd,
        coalesce(
            claimed.claimed_high_usd::double,
            claimed.claimed_multiple * claimed.multiple_of_usd::double,
            claimed.claimed_low_usd::double
        ) as amount_high_usd,
        coalesce(claimed.claimed_high_usd, claimed.claimed_low_usd, claimed.multiple_of_usd)::double as headline_usd,
        case
            when claimed.covers_scope in ('own', 'effort', 'cumulative') then claimed.covers_scope
            when len(claimed.covers_phase_ids) > 0 then 'phases'
        end as counted_scope,
        case
            when claimed.claimed_basis = 'unspecified' then true
            when claimed.claimed_basis = 'stated_price' then claimed.compared_on_basis = 'disclosed'
            when claimed.claimed_basis = 'rental' then claimed.compared_on_basis in ('rental', 'rental_now')
            else claimed.compared_on_basis = claimed.claimed_basis
        end as is_same_basis,
    from core.cost_claims as claimed
    inner join core.models as models on models.model_id = claimed.model_id
),

claim_scopes as (
    -- the scopes set beside a claim; `phases` is no scope of a model and is summed below
    select
        claims.claim_id,
        claims.model_id,
        claims.compared_on_basis,
        sides.side,
        case sides.side
            when 'covered' then claims.counted_scope
            when 'presented' then claims.presented_as_scope
            else 'cumulative'
        end as scope,
    from claims
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
        scopes.claim_id,
        scopes.side,
        hours.gpu_hours,
        hours.gpu_hours_high,
        costs.cost_low_usd,
        costs.cost_mid_usd,
        costs.cost_high_usd,
        costs.is_lower_bound and costs.cost_missing_reason is null as is_lower_bound,
        costs.cost_missing_reason,
        costs.unpriced_gpu_hours,
        costs.undisclosed_ancestors,
        costs.phases_without_quantity,
        costs.flags,
    from claim_scopes as scopes
    inner join scope_hours as hours on hours.model_id = scopes.model_id and hours.scope = scopes.scope
    left join core.model_costs as costs
        on costs.model_id = scopes.model_id
        and costs.scope = scopes.scope
        and costs.price_basis = scopes.compared_on_basis
),

listed_phases as (
    -- one cluster serves several phases: bought once, the largest counts; rented, each phase counts
    select
        claims.claim_id,
        listed.phase_id,
        claims.compared_on_basis as price_basis,
        disclosed.phase_id is null as is_set_aside,
        costs.cost_missing_reason is null and costs.phase_id is not null as is_priced,
        claims.compared_on_basis is distinct from 'purchase'
        or row_number() over (
            partition by claims.claim_id, costs.hardware_id
            order by costs.gpu_count desc nulls last, costs.cost_mid_usd desc nulls last, listed.phase_id
        ) = 1 as is_counted,
        hours.gpu_hours,
        hours.gpu_hours_high,
        coalesce(hours.gpu_hours_low, hours.gpu_hours, hours.gpu_hours_high) is not null as has_hours,
        costs.cost_low_usd,
        costs.cost_mid_usd,
        costs.cost_high_usd,
        coalesce(costs.flags, []) as flags,
    from claims
    cross join unnest(claims.covers_phase_ids) as listed (phase_id)
    left join core.training_phases as disclosed on disclosed.phase_id = listed.phase_id
    left join core.phase_costs as hours
        on hours.phase_id = listed.phase_id and hours.row_role = 'primary' and hours.price_basis = 'rental'
    left join core.phase_costs as costs
        on costs.phase_id = listed.phase_id
        and costs.row_role = 'primary'
        and costs.price_basis = claims.compared_on_basis
    where claims.counted_scope = 'phases'
),

listed_figures as (
    select
        claim_id,
        'covered' as side,
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
            when bool_or(is_set_aside) then 'set_aside'
            when bool_or(has_hours) then 'no_price'
            else 'hours_not_disclosed'
        end as cost_missing_reason,
        sum(gpu_hours) filter (where not is_priced) as unpriced_gpu_hours,
        []::varchar[] as undisclosed_ancestors,
        coalesce(list(phase_id order by phase_id) filter (where not has_hours), []) as phases_without_quantity,
        list_sort(list_distinct(flatten(list(if(is_set_aside, ['set_aside'], flags))))) as flags,
    from listed_phases
    group by claim_id
),

figures as (
    from scope_figures
    union all by name
    from listed_figures
),

summed_phases as (
    -- the phases behind the two sums that the arithmetic shows
    select
        scopes.claim_id,
        scopes.side,
        costs.*,
    from claim_scopes as scopes
    inner join core.scope_members as members on members.model_id = scopes.model_id and members.scope = scopes.scope
    inner join core.phase_costs as costs
        on costs.model_id = members.member_model_id and costs.price_basis = scopes.compared_on_basis
    where scopes.side in ('covered', 'cumulative') and costs.row_role = 'primary'
    union all by name
    select
        listed.claim_id,
        'covered' as side,
        costs.*,
    from listed_phases as listed
    inner join core.phase_costs as costs
        on costs.phase_id = listed.phase_id and costs.price_basis = listed.price_basis
    where costs.row_role = 'primary'
),

rents as (
    -- hours by the price they are multiplied by; a one-sided figure stands at the end that is known
    select
        claim_id,
        side,
        case
            when cost_mid_usd is not null then ''
            when cost_low_usd is not null then 'at least '
            else 'at most '
        end as bound_words,
        case
            when cost_mid_usd is not null then unit_price_usd_per_gpu_hour::double
            when cost_low_usd is not null then round(cost_low_usd / gpu_hours_low, 6)
            else round(cost_high_usd / gpu_hours_high, 6)
        end as unit_price_usd,
        sum(
            case
                when cost_mid_usd is not null then gpu_hours
                when cost_low_usd is not null then gpu_hours_low
                else gpu_hours_high
            end
        )::double as quantity,
        sum(gpu_hours_low)::double as quantity_low,
        sum(gpu_hours_high)::double as quantity_high,
    from summed_phases
    where price_basis <> 'purchase' and cost_missing_reason is null
    group by all
),

purchases as (
    -- of each developer's accelerators of one kind, the most that were in use at once
    select
        summed.claim_id,
        summed.side,
        summed.gpu_count as quantity,
        summed.cost_low_usd / summed.gpu_count as unit_price_low_usd,
        summed.cost_high_usd / summed.gpu_count as unit_price_high_usd,
    from summed_phases as summed
    inner join core.models as models on models.model_id = summed.model_id
    where summed.price_basis = 'purchase' and summed.cost_missing_reason is null
    qualify
        row_number() over (
            partition by summed.claim_id, summed.side, models.developer, summed.hardware_id
            order by summed.gpu_count desc, summed.cost_mid_usd desc, summed.phase_id
        ) = 1
),

factors as (
    select
        claim_id,
        side,
        quantity,
        'GPU-h' as unit,
        quantity * unit_price_usd as product_usd,
        concat(
            bound_words,
            rtrim(rtrim(format('{:,.4f}', quantity), '0'), '.'),
            ' GPU-h ',
            if(quantity_low < quantity_high, format('({:,.0f} to {:,.0f}) ', quantity_low, quantity_high), ''),
            'x $',
            regexp_replace(format('{:,.6f}', unit_price_usd), '0{1,4}$', '')
        ) as words,
    from rents
    union all by name
    select
        claim_id,
        side,
        quantity,
        'GPUs' as unit,
        quantity * unit_price_high_usd as product_usd,
        concat(
            format('{:,} GPUs x ${:,.0f}', quantity, unit_price_low_usd),
            if(unit_price_high_usd > unit_price_low_usd, format(' to ${:,.0f}', unit_price_high_usd), '')
        ) as words,
    from purchases
),

multiplications as (
    select
        claim_id,
        side,
        sum(quantity) as quantity,
        if(
            count(*) <= 3,
            string_agg(words, ' + ' order by product_usd desc, words),
            format('{:,.0f} {} x ${:,.2f} on average', sum(quantity), any_value(unit), sum(product_usd) / sum(quantity))
        ) as words,
    from factors
    group by all
),

prices as (
    select
        summed.claim_id,
        max(summed.price_quote_count) = 1 as is_one_provider,
        string_agg(distinct hardware.name, ' or ' order by hardware.name) as hardware_names,
        min(summed.started_on) as started_on,
    from summed_phases as summed
    left join core.hardware as hardware on hardware.hardware_id = summed.hardware_id
    where summed.side = 'covered'
    group by all
),

undisclosed as (
    select
        ancestors.claim_id,
        ancestors.side,
        string_agg(coalesce(models.name, ancestors.model_id), ' and ' order by ancestors.model_id) filter (
            where own.cost_missing_reason <> 'set_aside'
        ) as silent_names,
        string_agg(coalesce(models.name, ancestors.model_id), ' and ' order by ancestors.model_id) filter (
            where models.model_id is null or own.cost_missing_reason = 'set_aside'
        ) as lost_names,
    from (
        select
            claim_id,
            side,
            unnest(undisclosed_ancestors) as model_id,
        from figures
    ) as ancestors
    left join core.models as models on models.model_id = ancestors.model_id
    left join core.model_costs as own
        on own.model_id = ancestors.model_id and own.scope = 'own' and own.price_basis = 'rental'
    group by all
),

gaps as (
    -- why a figure is a floor, in words
    select
        figures.claim_id,
        figures.side,
        concat_ws(
            ' and ',
            if(list_contains(figures.flags, 'base_unknown'), 'the model it stands on is not named', null),
            undisclosed.silent_names || ' disclosed no hours',
            coalesce(
                undisclosed.lost_names || ' was set aside',
                if(list_contains(figures.flags, 'set_aside'), 'rows were set aside', null)
            ),
            nullif(array_to_string(figures.phases_without_quantity, ' and '), '') || ' has no hours',
            if(
                figures.unpriced_gpu_hours > 0,
                format('{:,.0f} GPU-h have no price', figures.unpriced_gpu_hours::double),
                null
            ),
            if(list_contains(figures.flags, 'one_sided'), 'of some hours only one end is known', null)
        ) as words,
    from figures
    left join undisclosed using (claim_id, side)
    where figures.is_lower_bound
),

compared as (
    select
        claims.*,
        agreement.ratio as agreement_ratio,
        covered.gpu_hours as covered_gpu_hours,
        coalesce(covered.gpu_hours, covered.gpu_hours_high)::double as divisor_hours,
        covered.cost_low_usd as covered_cost_low_usd,
        covered.cost_mid_usd::double as covered_cost_mid_usd,
        covered.cost_high_usd as covered_cost_high_usd,
        coalesce(covered.cost_low_usd, covered.cost_mid_usd) as lowest_usd,
        if(covered.is_lower_bound, null, coalesce(covered.cost_high_usd, covered.cost_mid_usd)) as highest_usd,
        coalesce(covered.cost_low_usd, covered.cost_mid_usd, covered.cost_high_usd) is not null as has_covered_cost,
        coalesce(covered.is_lower_bound, false) as is_covered_lower_bound,
        covered.cost_missing_reason as covered_missing_reason,
        coalesce(covered.flags, []) as covered_flags,
        presented.cost_mid_usd::double as presented_cost_mid_usd,
        coalesce(presented.is_lower_bound, false) as is_presented_lower_bound,
        coalesce(len(presented.undisclosed_ancestors) > 0, false) as is_presented_on_undisclosed,
        cumulative.gpu_hours as cumulative_gpu_hours,
        cumulative.cost_mid_usd::double as cumulative_cost_mid_usd,
        coalesce(cumulative.is_lower_bound, false) as is_cumulative_lower_bound,
        coalesce(cumulative.undisclosed_ancestors, []) as undisclosed_ancestors,
        claims.model_id in (
            select child_model_id from core.model_lineage where counts_in <> 'none'
        ) as has_ancestors,
    from claims
    cross join agreement
    left join figures as covered on covered.claim_id = claims.claim_id and covered.side = 'covered'
    left join figures as presented on presented.claim_id = claims.claim_id and presented.side = 'presented'
    left join figures as cumulative on cumulative.claim_id = claims.claim_id and cumulative.side = 'cumulative'
),

positions as (
    -- where the amount stands against our interval; `open` where our figure is known at one end only
    select
        *,
        case
            when amount_low_usd is null or not has_covered_cost then null
            when bound is distinct from 'ceiling' and amount_low_usd * (1 - agreement_ratio) > highest_usd then 'above'
            when bound is distinct from 'floor' and amount_high_usd * (1 + agreement_ratio) < lowest_usd then 'below'
            when bound = 'floor' and covered_cost_mid_usd is not null and not is_covered_lower_bound then 'agrees'
            when bound = 'floor' and amount_low_usd <= covered_cost_mid_usd then 'agrees'
            when bound = 'ceiling' and lowest_usd is not null and not is_covered_lower_bound then 'agrees'
            when bound = 'ceiling' and amount_high_usd >= highest_usd then 'agrees'
            when bound is not null then 'open'
            when amount_low_usd <= covered_cost_mid_usd * (1 + agreement_ratio)
                and amount_high_usd >= covered_cost_mid_usd * (1 - agreement_ratio)
                then 'agrees'
            when lowest_usd is not null and amount_low_usd <= coalesce(highest_usd, covered_cost_mid_usd) then 'agrees'
            when highest_usd is not null and lowest_usd is not null then 'agrees'
            else 'open'
        end as position,
    from compared
),

judged as (
    select
        *,
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
        presented_as_scope <> counted_scope
        and (
            abs(presented_cost_mid_usd / covered_cost_mid_usd - 1) > agreement_ratio
            or (is_presented_lower_bound and (not is_covered_lower_bound or is_presented_on_undisclosed))
        ) as is_presented_as_more,
        if(
            is_cumulative_lower_bound and cumulative_cost_mid_usd < headline_usd,
            null,
            cumulative_cost_mid_usd / headline_usd
        ) as cumulative_to_claim_ratio,
    from positions
),

verdicts as (
    select
        *,
        case
            when reason is not null then 'not_checkable'
            when position = 'agrees' and is_presented_as_more then 'wrong_scope'
            when position = 'agrees' then 'agrees'
            when not is_same_basis then 'other_basis'
            when position = 'below' then 'understated'
            else 'overstated'
        end as verdict,
    from judged
),

amounts as (
    select
        claim_id,
        unnest(
            [
                {'name': 'claimed low', 'usd': amount_low_usd},
                {'name': 'claimed high', 'usd': amount_high_usd},
                {'name': 'multiple of', 'usd': multiple_of_usd::double},
                {'name': 'covered low', 'usd': covered_cost_low_usd},
                {'name': 'covered', 'usd': covered_cost_mid_usd},
                {'name': 'covered high', 'usd': covered_cost_high_usd},
                {'name': 'presented', 'usd': presented_cost_mid_usd},
                {'name': 'cumulative', 'usd': cumulative_cost_mid_usd},
            ],
            recursive := true
        ),
    from verdicts
),

written as (
    -- dollars as people write them: whole from a thousand on, cents below
    select
        claim_id,
        map_from_entries(
            list(
                {
                    'key': name,
                    'value': if(usd >= 1000 or usd = round(usd), format('${:,.0f}', usd), format('${:,.2f}', usd)),
                }
            ) filter (where usd is not null)
        ) as usd,
    from amounts
    group by all
),

reasons as (
    -- why there is nothing to check a claim with, in words
    select
        verdicts.claim_id,
        case verdicts.reason
            when 'nothing_disclosed' then concat(
                verdicts.developer,
                ' disclosed no ',
                if(verdicts.compared_on_basis = 'purchase', 'accelerators', 'hours'),
                ' for ',
                verdicts.model_name
            )
            when 'hours_not_disclosed' then concat(verdicts.developer, ' disclosed no hours for ', verdicts.model_name)
            when 'third_party_estimate_only'
                then concat('hours and dollars come from one outsider, ', verdicts.developer, ' disclosed no hours')
            when 'scope_not_stated' then 'what the amount covers was not said'
            when 'company_wide_not_one_model' then 'it is what a company spent for all purposes, not on one model'
            when 'data_cost_not_compute' then 'it is a bill for data, not for compute'
            when 'includes_staff' then 'staff is in the amount, and the ledger counts compute only'
            when 'includes_preliminary_experiments'
                then 'preliminary experiments are in the amount, and their hours are not disclosed'
            when 'no_amount_in_usd' then 'no amount in US dollars was printed'
            when 'hypothetical_rerun' then 'no run with the hours behind the claim took place'
            when 'basis_not_in_ledger' then coalesce(
                'the ledger has no cost on the ' || verdicts.compared_on_basis || ' basis',
                'no basis of the ledger fits the claim'
            )
            when 'no_price' then concat(
                case verdicts.compared_on_basis
                    when 'disclosed' then 'no price was stated for '
                    when 'purchase' then 'no purchase price is known of '
                    else 'no on-demand price is known of '
                end,
                coalesce(prices.hardware_names, 'the accelerator used'),
                if(
                    verdicts.compared_on_basis = 'rental',
                    format(' on or before {}, the start used', prices.started_on),
                    ''
                )
            )
            when 'gpu_count_not_disclosed' then 'how many accelerators were used is not disclosed'
            when 'restated_base' then 'the only figure printed is the base model''s'
            when 'set_aside' then 'rows it needs were set aside, see quality.rejected_rows'
            else replace(verdicts.reason, '_', ' ')
        end as words,
    from verdicts
    left join prices using (claim_id)
    where verdicts.reason is not null
),

sentences as (
    -- the parts of the line; a part that does not apply is null and leaves nothing behind
    select
        verdicts.claim_id,
        'nothing to check it with: ' || if(verdicts.position = 'open', null, reasons.words) as reason,
        covered.words
        || ' = '
        || case
                when verdicts.compared_on_basis = 'purchase'
                    then concat_ws(' to ', usd['covered low'], nullif(usd['covered high'], usd['covered low']))
                when verdicts.is_covered_lower_bound then concat(
                    'at least ',
                    usd['covered'],
                    ' (' || nullif(usd['covered low'], usd['covered']) || ' at the lowest prices and hours)',
                    ', because ' || covered_gap.words
                )
                when verdicts.covered_cost_mid_usd is null then 'at most ' || usd['covered high']
                else concat(
                    usd['covered'],
                    if(
                        usd['covered low'] <> usd['covered high'],
                        concat(' (', usd['covered low'], ' to ', usd['covered high'], ')'),
                        ''
                    ),
                    if(prices.is_one_provider, ' at one provider''s price', '')
                )
            end as covered,
        case
            when verdicts.claimed_multiple is not null then concat(
                if(verdicts.is_covered_lower_bound, 'at least ', ''),
                format('{:,.2f} times ', verdicts.covered_cost_mid_usd / verdicts.multiple_of_usd::double),
                usd['multiple of'],
                format(', against {:g} times claimed', verdicts.claimed_multiple)
            )
            else concat(
                'against ',
                case verdicts.bound when 'floor' then 'more than ' when 'ceiling' then 'less than ' end,
                concat_ws(' to ', usd['claimed low'], nullif(usd['claimed high'], usd['claimed low'])),
                ' claimed'
            )
        end as claimed,
        case
            when verdicts.compared_on_basis = 'purchase'
                then format('${:,.0f} a GPU', verdicts.amount_high_usd / covered.quantity)
            when verdicts.compared_on_basis <> 'disclosed' then concat(
                if(verdicts.is_covered_lower_bound, 'at most ', ''),
                concat_ws(
                    ' to ',
                    format('${:,.2f}', verdicts.amount_low_usd / verdicts.divisor_hours),
                    nullif(
                        format('${:,.2f}', verdicts.amount_high_usd / verdicts.divisor_hours),
                        format('${:,.2f}', verdicts.amount_low_usd / verdicts.divisor_hours)
                    )
                ),
                ' an hour'
            )
        end as claimed_price,
        case
            when verdicts.position = 'agrees' and verdicts.bound is not null then ', which holds'
            when verdicts.position = 'agrees'
                and verdicts.amount_low_usd <= verdicts.covered_cost_mid_usd * (1 + verdicts.agreement_ratio)
                and verdicts.amount_high_usd >= verdicts.covered_cost_mid_usd * (1 - verdicts.agreement_ratio)
                then ''
            when verdicts.position = 'agrees'
                and verdicts.amount_low_usd <= coalesce(verdicts.highest_usd, verdicts.covered_cost_mid_usd)
                and verdicts.amount_high_usd >= verdicts.lowest_usd
                then ', inside that range'
            when verdicts.position = 'agrees'
                then format(', within {:g}% of that range', 100 * verdicts.agreement_ratio)
            when verdicts.position = 'open' and verdicts.is_covered_lower_bound
                then ', which a floor can neither confirm nor refute'
            when verdicts.position = 'open' then ', which an upper end alone can neither confirm nor refute'
            when verdicts.is_covered_lower_bound then concat(', ', verdicts.position, ' that floor')
            when usd['covered low'] <> usd['covered high'] then concat(', ', verdicts.position, ' that range')
            else concat(', ', verdicts.position, ' it')
        end as finding,
        if(
            verdicts.verdict = 'other_basis',
            concat(
                '; the claim is ',
                case verdicts.claimed_basis
                    when 'stated_price' then 'at a price of the claimant''s'
                    when 'rental' then 'at rent'
                    when 'spot' then 'at spot prices'
                    when 'amortized' then 'depreciated hardware and energy'
                    when 'purchase' then 'hardware bought'
                    else 'money spent'
                end,
                ', ours ',
                case verdicts.compared_on_basis
                    when 'disclosed' then 'at the price the developer states'
                    when 'purchase' then 'hardware bought'
                    else 'at on-demand market rent'
                end
            ),
            null
        ) as other_basis,
        if(
            verdicts.verdict = 'wrong_scope' and verdicts.presented_as_scope <> 'cumulative',
            concat(
                if(verdicts.presented_as_scope = 'own', '; all its own training', '; the whole effort'),
                ' comes to ',
                if(verdicts.is_presented_lower_bound, 'at least ', ''),
                usd['presented']
            ),
            null
        ) as presented,
        if(
            verdicts.cumulative_cost_mid_usd is distinct from verdicts.covered_cost_mid_usd
            or verdicts.is_cumulative_lower_bound <> verdicts.is_covered_lower_bound,
            concat(
                if(verdicts.has_ancestors, '; with the models it stands on ', '; with all its training '),
                nullif(whole.words, covered.words) || ' = ',
                if(verdicts.is_cumulative_lower_bound, 'at least ', ''),
                usd['cumulative'],
                if(verdicts.is_cumulative_lower_bound, ', at least ', ', ')
                || format('{:,.2f} times the claim', verdicts.cumulative_to_claim_ratio),
                ', because ' || whole_gap.words
            ),
            null
        ) as cumulative,
    from verdicts
    inner join written using (claim_id)
    left join reasons using (claim_id)
    left join prices using (claim_id)
    left join multiplications as covered on covered.claim_id = verdicts.claim_id and covered.side = 'covered'
    left join multiplications as whole on whole.claim_id = verdicts.claim_id and whole.side = 'cumulative'
    left join gaps as covered_gap on covered_gap.claim_id = verdicts.claim_id and covered_gap.side = 'covered'
    left join gaps as whole_gap on whole_gap.claim_id = verdicts.claim_id and whole_gap.side = 'cumulative'
)

select
    verdicts.claim_id,
    verdicts.model_id,
    verdicts.model_name,
    verdicts.claimed_by,
    verdicts.claimed_on,
    verdicts.what_it_says,
    verdicts.claimed_low_usd,
    verdicts.claimed_high_usd,
    verdicts.claimed_multiple,
    verdicts.multiple_of_usd,
    verdicts.bound,
    verdicts.claimed_basis,
    verdicts.claimed_scope,
    verdicts.presented_as_scope,
    verdicts.covers_scope,
    verdicts.covers_phase_ids,
    verdicts.compared_on_basis,
    verdicts.covered_gpu_hours::decimal(18, 4) as covered_gpu_hours,
    verdicts.covered_cost_low_usd,
    verdicts.covered_cost_mid_usd::decimal(18, 2) as covered_cost_usd,
    verdicts.covered_cost_high_usd,
    verdicts.is_covered_lower_bound,
    verdicts.cumulative_gpu_hours::decimal(18, 4) as cumulative_gpu_hours,
    verdicts.cumulative_cost_mid_usd::decimal(18, 2) as cumulative_cost_usd,
    verdicts.is_cumulative_lower_bound,
    verdicts.undisclosed_ancestors,
    verdicts.cumulative_to_claim_ratio,
    verdicts.verdict,
    verdicts.reason as not_checkable_reason,
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
            '; the claim comes to ' || sentences.claimed_price || format(' over {:,.0f} GPU-h', verdicts.divisor_hours),
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
    verdicts.covered_flags as flags,
    verdicts.source_id,
    verdicts.confidence,
from verdicts
inner join sentences using (claim_id)
order by verdicts.claim_id
