-- How is each figure set beside a claim worked out, in words a reader can redo by hand, and why may it be a floor?
with

priced_phases as (
    select *
    from marts.claim_phases
    where cost_missing_reason is null
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
    from priced_phases
    where price_basis <> 'purchase'
    group by all
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
        gpu_count as quantity,
        'GPUs' as unit,
        cost_high_usd as product_usd,
        concat(
            format('{:,} GPUs x ${:,.0f}', gpu_count, cost_low_usd / gpu_count),
            if(cost_high_usd > cost_low_usd, format(' to ${:,.0f}', cost_high_usd / gpu_count), '')
        ) as words,
    from priced_phases
    where price_basis = 'purchase' and is_counted
),

multiplications as (
    select
        claim_id,
        side,
        if(any_value(unit) = 'GPUs', sum(quantity)::bigint, null) as gpu_count,
        if(
            count(*) <= 3,
            string_agg(words, ' + ' order by product_usd desc, words),
            format('{:,.0f} {} x ${:,.2f} on average', sum(quantity), any_value(unit), sum(product_usd) / sum(quantity))
        ) as multiplication,
    from factors
    group by all
),

used as (
    select
        phases.claim_id,
        phases.side,
        max(phases.price_quote_count) = 1 as is_one_provider,
        string_agg(distinct hardware.name, ' or ' order by hardware.name) as hardware_names,
        min(phases.started_on) as started_on,
    from marts.claim_phases as phases
    left join core.hardware as hardware on hardware.hardware_id = phases.hardware_id
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
        from marts.claim_figures
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
    from marts.claim_figures as figures
    left join undisclosed using (claim_id, side)
    where figures.is_lower_bound
),

dollars as (
    -- as people write them: whole from a thousand on, cents below
    select
        claim_id,
        side,
        written[1] as low,
        written[2] as mid,
        written[3] as high,
    from (
        select
            claim_id,
            side,
            list_transform(
                [cost_low_usd, cost_mid_usd::double, cost_high_usd],
                lambda usd: format(if(usd >= 1000 or usd = round(usd), '${:,.0f}', '${:,.2f}'), usd)
            ) as written,
        from marts.claim_figures
    )
)

select
    figures.claim_id,
    figures.side,
    multiplications.multiplication,
    case
        when dollars.mid is not null then concat(if(figures.is_lower_bound, 'at least ', ''), dollars.mid)
        when not figures.is_lower_bound then 'at most ' || dollars.high
    end as result,
    multiplications.multiplication
    || ' = '
    || case
            when figures.price_basis = 'purchase' then concat_ws(' to ', dollars.low, nullif(dollars.high, dollars.low))
            when figures.is_lower_bound then concat(
                'at least ',
                dollars.mid,
                ' (' || nullif(dollars.low, dollars.mid) || ' at the lowest prices and hours)',
                ', because ' || gaps.words
            )
            when dollars.mid is null then 'at most ' || dollars.high
            else concat(
                dollars.mid,
                if(dollars.low <> dollars.high, concat(' (', dollars.low, ' to ', dollars.high, ')'), ''),
                if(used.is_one_provider, ' at one provider''s price', '')
            )
        end as working,
    gaps.words as lower_bound_reason,
    used.hardware_names,
    multiplications.gpu_count,
    coalesce(dollars.low <> dollars.high, false) as is_range,
    used.started_on,
from marts.claim_figures as figures
inner join dollars using (claim_id, side)
left join multiplications using (claim_id, side)
left join used using (claim_id, side)
left join gaps using (claim_id, side)
order by figures.claim_id, figures.side
