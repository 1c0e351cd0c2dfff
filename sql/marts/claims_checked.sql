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
    -- a claimed multiple comes to an amount; a bound has one end and stands for both
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
    from core.cost_claims as claimed
    inner join core.models as models on models.model_id = claimed.model_id
),

claim_scopes as (
    select claim_id, model_id, compared_on_basis, 'covered' as side, counted_scope as scope,
    from claims
    union all by name
    select claim_id, model_id, compared_on_basis, 'presented' as side, presented_as_scope as scope,
    from claims
    union all by name
    select claim_id, model_id, compared_on_basis, 'cumulative' as side, 'cumulative' as scope,
    from claims
),

scope_hours as (
    -- hours are the same on every basis, so a claim on a basis that the ledger lacks has hours too
    select
        model_id,
        scope,
        max(gpu_hours) as gpu_hours,
        max(gpu_hours_high) as gpu_hours_high,
    from core.model_costs
    group by all
),

scope_sides as (
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
    -- phases of a claim that lists them and names no scope; one that is not primary is never summed
    select
        claims.claim_id,
        listed.phase_id,
        claims.compared_on_basis as price_basis,
        hours.hardware_id,
        hours.gpu_hours,
        hours.gpu_hours_low,
        hours.gpu_hours_high,
        costs.cost_low_usd,
        costs.cost_mid_usd,
        costs.cost_high_usd,
        costs.flags,
        coalesce(costs.cost_low_usd, costs.cost_mid_usd, costs.cost_high_usd) is not null as is_priced,
        coalesce(hours.gpu_hours_low, hours.gpu_hours, hours.gpu_hours_high) is not null as has_hours,
        phases.phase_id is null as is_set_aside,
    from claims
    cross join unnest(claims.covers_phase_ids) as listed (phase_id)
    left join core.training_phases as phases on phases.phase_id = listed.phase_id
    left join core.phase_costs as hours
        on hours.phase_id = listed.phase_id and hours.row_role = 'primary' and hours.price_basis = 'rental'
    left join core.phase_costs as costs
        on costs.phase_id = listed.phase_id
        and costs.row_role = 'primary'
        and costs.price_basis = claims.compared_on_basis
    where claims.counted_scope = 'phases'
),

listed_by_hardware as (
    -- one cluster serves several phases: bought once, rented for each
    select
        claim_id,
        hardware_id,
        sum(gpu_hours) as gpu_hours,
        sum(gpu_hours_high) as gpu_hours_high,
        if(price_basis = 'purchase', max(cost_low_usd), sum(cost_low_usd)) as cost_low_usd,
        if(
            price_basis = 'purchase',
            max(cost_mid_usd),
            sum(coalesce(cost_mid_usd, cost_low_usd::decimal(18, 2)))
        ) as cost_mid_usd,
        if(price_basis = 'purchase', max(cost_high_usd), sum(cost_high_usd)) as cost_high_usd,
        bool_or(cost_mid_usd is not null) as has_mid,
        bool_or(is_priced) as has_cost,
        bool_and(is_priced and cost_high_usd is not null) as is_closed_above,
        bool_and(is_priced and cost_low_usd is not null) as is_closed_below,
        count(*) as phase_count,
        sum(gpu_hours) filter (where not is_priced) as unpriced_gpu_hours,
        list(phase_id order by phase_id) filter (where not has_hours and not is_set_aside) as phases_without_quantity,
        bool_or(is_set_aside) as has_set_aside,
        flatten(list(coalesce(flags, []))) as flags,
    from listed_phases
    group by claim_id, hardware_id, price_basis
),

listed_sides as (
    select
        claim_id,
        'covered' as side,
        sum(gpu_hours) as gpu_hours,
        sum(gpu_hours_high) as gpu_hours_high,
        sum(cost_low_usd) as cost_low_usd,
        sum(cost_mid_usd) filter (where has_mid) as cost_mid_usd,
        sum(cost_high_usd) as cost_high_usd,
        bool_or(has_cost)
        and not (bool_and(is_closed_above) and (bool_and(is_closed_below) or sum(phase_count) = 1)) as is_lower_bound,
        case
            when bool_or(has_cost) then null
            when bool_or(has_set_aside) then 'set_aside'
            when sum(gpu_hours) is not null then 'no_price'
            else 'hours_not_disclosed'
        end as cost_missing_reason,
        sum(unpriced_gpu_hours) as unpriced_gpu_hours,
        []::varchar[] as undisclosed_ancestors,
        flatten(list(coalesce(phases_without_quantity, []))) as phases_without_quantity,
        list_sort(list_distinct(list_concat(flatten(list(flags)), if(bool_or(has_set_aside), ['set_aside'], [])))) as flags,
    from listed_by_hardware
    group by claim_id
),

sides as (
    from scope_sides
    union all by name
    from listed_sides
),

counted_phases as (
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
    inner join core.phase_costs as costs on costs.phase_id = listed.phase_id and costs.price_basis = listed.price_basis
    where costs.row_role = 'primary'
),

clusters as (
    -- of each developer's accelerators of one type, the most that were used at once
    select
        counted.claim_id,
        counted.side,
        counted.gpu_count,
        counted.cost_low_usd / counted.gpu_count as price_low_usd,
        counted.cost_high_usd / counted.gpu_count as price_high_usd,
    from counted_phases as counted
    inner join core.models as models on models.model_id = counted.model_id
    where counted.price_basis = 'purchase' and counted.cost_mid_usd is not null
    qualify
        row_number() over (
            partition by counted.claim_id, counted.side, models.developer, counted.hardware_id
            order by counted.gpu_count desc, counted.cost_mid_usd desc, counted.phase_id
        ) = 1
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
            when cost_low_usd is not null then round(cost_low_usd / gpu_hours_low, 4)
            else round(cost_high_usd / gpu_hours_high, 4)
        end as price_usd_per_gpu_hour,
        sum(
            case
                when cost_mid_usd is not null then gpu_hours
                when cost_low_usd is not null then gpu_hours_low
                else gpu_hours_high
            end
        ) as gpu_hours,
    from counted_phases
    where price_basis <> 'purchase' and cost_missing_reason is null
    group by all
),

terms as (
    -- the multiplications, one for each price
    select
        claim_id,
        side,
        gpu_count as quantity,
        price_low_usd as price_usd,
        gpu_count * price_low_usd as product_usd,
        format('{:,} GPUs x ', gpu_count)
        || format('${:,.0f}', price_low_usd)
        || if(price_high_usd > price_low_usd, format(' to ${:,.0f}', price_high_usd), '') as words,
    from clusters
    union all by name
    select
        claim_id,
        side,
        gpu_hours::double as quantity,
        price_usd_per_gpu_hour as price_usd,
        gpu_hours::double * price_usd_per_gpu_hour as product_usd,
        bound_words
        || rtrim(rtrim(format('{:,.4f}', gpu_hours::double), '0'), '.')
        || ' GPU-h x $'
        || regexp_replace(format('{:,.4f}', price_usd_per_gpu_hour), '0{1,2}$', '') as words,
    from rents
),

multiplications as (
    select
        claim_id,
        side,
        string_agg(words, ' + ' order by product_usd desc, words) as words,
    from terms
    group by all
),

providers as (
    select
        claim_id,
        max(price_quote_count) = 1 as is_one_provider,
        string_agg(distinct hardware.name, ' or ' order by hardware.name) as hardware_names,
        min(started_on) as started_on,
    from counted_phases
    left join core.hardware as hardware on hardware.hardware_id = counted_phases.hardware_id
    where side = 'covered'
    group by all
),

gaps as (
    -- what is known to be missing from a figure, in words
    select
        sides.claim_id,
        sides.side,
        coalesce(
            array_to_string(
                list_filter(
                    [
                        if(
                            list_contains(sides.flags, 'base_unknown'),
                            'the base of ' || claims.model_name || ' is not named',
                            undisclosed.names || ' disclosed nothing'
                        ),
                        'no hours are known of ' || nullif(array_to_string(sides.phases_without_quantity, ', '), ''),
                        if(
                            sides.unpriced_gpu_hours > 0,
                            format('{:,.0f}', sides.unpriced_gpu_hours::double) || ' GPU-h have no price',
                            null
                        ),
                        if(list_contains(sides.flags, 'set_aside'), 'rows were set aside', null),
                    ],
                    lambda reason: reason is not null
                ),
                ' and '
            ),
            ''
        ) as words,
    from sides
    inner join claims on claims.claim_id = sides.claim_id
    left join (
        select
            ancestors.claim_id,
            ancestors.side,
            string_agg(coalesce(models.name, ancestors.model_id), ' and ' order by ancestors.model_id) as names,
        from (
            select claim_id, side, unnest(undisclosed_ancestors) as model_id,
            from sides
        ) as ancestors
        left join core.models as models on models.model_id = ancestors.model_id
        group by all
    ) as undisclosed on undisclosed.claim_id = sides.claim_id and undisclosed.side = sides.side
)

select 1
