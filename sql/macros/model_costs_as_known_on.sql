-- What every model cost by what was known at the end of a day: disclosed, rental, and rental_now of that day.
-- parameters: known_day
with

runs as (
    select *
    from core.runs_as_known_on(known_day)
),

market as (
    select *
    from core.market_prices_as_known_on(known_day, known_day)
),

models as (
    select *
    from core.models_as_known_on(known_day)
),

members as (
    select *
    from core.scope_members_as_known_on(known_day)
),

priced as (
    select
        runs.*,
        'disclosed' as price_basis,
        runs.stated_price_usd_per_gpu_hour as price,
        runs.stated_price_usd_per_gpu_hour as price_low,
    from runs
    union all by name
    select
        runs.*,
        'rental' as price_basis,
        market.unit_price_usd_per_gpu_hour as price,
        case
            when runs.start_low_log_ratio = 0 then market.unit_price_low_usd_per_gpu_hour
            else
                round(
                    market.unit_price_usd_per_gpu_hour::double
                    * exp(
                        -sqrt(
                            ln(market.unit_price_low_usd_per_gpu_hour / market.unit_price_usd_per_gpu_hour::double) ** 2
                            + runs.start_low_log_ratio ** 2
                        )
                    ),
                    6
                )::decimal(18, 6)
        end as price_low,
    from runs
    left join market on market.hardware_id = runs.hardware_id and market.priced_on = runs.started_on
    union all by name
    select
        runs.*,
        'rental_now' as price_basis,
        market.unit_price_usd_per_gpu_hour as price,
        market.unit_price_low_usd_per_gpu_hour as price_low,
    from runs
    left join market on market.hardware_id = runs.hardware_id and market.priced_on = known_day::date
),

exact as (
    -- hours with 4 decimals times a price with 6 are exact in 10
    select
        *,
        hours_mid::decimal(28, 4) * price::decimal(10, 6) * 100 as mid_cents,
        coalesce(hours_mid, hours_low, hours_high) as any_hours,
    from priced
    where row_role = 'primary' and coalesce(hours_mid, hours_low, hours_high) is not null
),

costed as (
    -- half a cent goes to the even one; what is less than a cent is one
    select
        *,
        greatest(
            0.01,
            (
                floor(mid_cents)
                + case
                    when mid_cents - floor(mid_cents) > 0.5 then 1
                    when mid_cents - floor(mid_cents) = 0.5 then floor(mid_cents) % 2
                    else 0
                end
            )::decimal(20, 0) * 0.01
        ) as cost_mid,
        greatest(0.01, round(hours_low::double * price_low::double, 2)::decimal(18, 2)) as cost_low,
    from exact
),

sums as (
    select
        members.model_id,
        members.scope,
        costed.price_basis,
        case when count(costed.hours_mid) > 0 then sum(coalesce(costed.hours_mid, costed.hours_low)) end as gpu_hours,
        sum(case when costed.price is null then costed.any_hours else 0 end) as unpriced_gpu_hours,
        case
            when count(costed.price) filter (where costed.hours_mid is not null) > 0
                then sum(
                    case
                        when costed.price is null then null
                        when costed.hours_mid is not null then costed.cost_mid
                        when costed.hours_low is not null then costed.cost_low
                    end
                )
        end as cost_mid_usd,
        count(costed.price) > 0 as has_cost,
        count(costed.price) filter (where coalesce(costed.hours_mid, costed.hours_low) is not null) > 0 as has_floor,
        bool_or(costed.price is null) as has_unpriced,
        bool_or(costed.hours_high is null) or (bool_or(costed.hours_low is null) and count(*) > 1) as is_open,
    from members
    inner join costed on costed.model_id = members.member_model_id
    group by all
),

disclosures as (
    -- what each model is known to have trained, and whether its hours are known
    select
        model_id,
        bool_or(row_role = 'primary' and coalesce(hours_mid, hours_low, hours_high) is not null) as is_quantified,
        bool_or(
            row_role in ('primary', 'context_only')
            and not (row_role = 'primary' and coalesce(hours_mid, hours_low, hours_high) is not null)
        ) as lacks_a_phase,
        bool_or(row_role in ('primary', 'context_only') and phase in ('pretraining', 'full_training'))
            as is_from_scratch,
        bool_or(row_role = 'restated_base') as is_restated,
    from runs
    group by model_id
),

states as (
    select
        members.member_model_id,
        coalesce(any_value(disclosures.is_quantified), false) as is_quantified,
        coalesce(any_value(disclosures.lacks_a_phase), false) as lacks_a_phase,
        coalesce(any_value(disclosures.is_restated), false) as is_restated,
        coalesce(any_value(disclosures.is_quantified and not disclosures.is_from_scratch), false)
        and members.member_model_id not in (
            select child_model_id from core.model_lineage_as_known_on(known_day) where relation = 'weights'
        ) as is_base_unknown,
        members.member_model_id in (select model_id from models) as is_known,
        members.member_model_id in (select unnest(covers_models) from models)
        and members.member_model_id not in (select model_id from models where len(covers_models) > 0) as is_covered,
    from members
    left join disclosures on disclosures.model_id = members.member_model_id
    group by members.member_model_id
),

scopes as (
    select
        members.model_id,
        members.scope,
        bool_or(
            (members.scope <> 'own' and not states.is_quantified)
            or (members.scope = 'cumulative' and states.is_base_unknown)
            or (states.lacks_a_phase and states.is_quantified)
            or not states.is_known
            or states.is_covered
        ) as is_incomplete,
        bool_or(members.member_model_id = members.model_id and states.is_restated and not states.is_quantified)
            as is_own_restated,
    from members
    inner join states on states.member_model_id = members.member_model_id
    group by all
),

told as (
    select
        scopes.model_id,
        scopes.scope,
        bases.price_basis,
        scopes.is_own_restated,
        sums.* exclude (model_id, scope, price_basis),
        sums.model_id is not null as has_hours,
        coalesce((scopes.is_incomplete or sums.is_open) and sums.model_id is not null, false)
        or coalesce(sums.has_cost and sums.has_unpriced, false) as is_lower_bound,
    from scopes
    cross join (values ('disclosed'), ('rental'), ('rental_now')) as bases (price_basis)
    left join sums
        on
            sums.model_id = scopes.model_id
            and sums.scope = scopes.scope
            and sums.price_basis = bases.price_basis
)

select
    model_id,
    scope,
    price_basis,
    gpu_hours::decimal(18, 4) as gpu_hours,
    unpriced_gpu_hours::decimal(18, 4) as unpriced_gpu_hours,
    cost_mid_usd::decimal(18, 2) as cost_mid_usd,
    case
        when has_floor or (has_cost and not is_lower_bound) then null
        when has_cost then 'one_sided'
        when has_hours then 'no_price'
        when is_own_restated then 'restated_base'
        else 'hours_not_disclosed'
    end as cost_missing_reason,
    is_lower_bound,
from told
order by model_id, scope, price_basis
