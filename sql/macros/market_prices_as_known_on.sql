-- The rent of every accelerator on a day and on every start of a run, by what was known at the end of a day.
-- parameters: price_day, known_day
with

method as (
    select map_from_entries(list((constant_id, value))) as constants
    from core.method_constants
    where method_id = 'ledger'
),

widths as (
    -- the usual lower end of a price, as a multiple of it: the accelerator's own, else everybody's
    select
        hardware.hardware_id,
        coalesce(any_value(own.value), any_value(method.constants['price_width_low_ratio'])) as low_ratio,
    from core.hardware as hardware
    cross join method
    left join core.method_constants as own
        on
            own.method_id = 'ledger'
            and starts_with(own.constant_id, 'price_width_low_ratio_')
            and list_contains(own.applies_to, hardware.hardware_id)
    group by hardware.hardware_id
),

asks as (
    select
        hardware_id,
        price_day::date as priced_on,
    from core.hardware
    union
    select
        hardware_id,
        started_on as priced_on,
    from core.runs_as_known_on(known_day)
    where hardware_id is not null and started_on is not null
),

rentals as (
    select
        quote_id,
        provider,
        hardware_id,
        observed_on,
        coalesce(last_seen_on, observed_on) as last_seen_on,
        list_unit_price_usd_per_gpu_hour as unit_price,
    from core.price_quotes_as_known_on(known_day)
    where
        is_usable
        and pricing_category = 'on_demand'
        and hardware_id is not null
        and observed_on is not null
        and list_unit_price_usd_per_gpu_hour is not null
),

first_quoted as (
    select
        hardware_id,
        min(observed_on) as first_quoted_on,
    from rentals
    group by hardware_id
),

priced_as as (
    -- itself, else the declared stand-in if it has no quote by that day
    select
        asks.hardware_id,
        asks.priced_on,
        case
            when first_quoted.first_quoted_on <= asks.priced_on then asks.hardware_id
            else hardware.price_proxy_hardware_id
        end as priced_hardware_id,
    from asks
    left join first_quoted on first_quoted.hardware_id = asks.hardware_id
    left join core.hardware as hardware on hardware.hardware_id = asks.hardware_id
),

seen as (
    select
        priced_as.*,
        rentals.quote_id,
        rentals.provider,
        rentals.unit_price,
        least(rentals.last_seen_on, priced_as.priced_on) as seen_on,
    from priced_as
    inner join rentals
        on
            rentals.hardware_id = priced_as.priced_hardware_id
            and rentals.observed_on <= priced_as.priced_on
),

newest as (
    select
        seen.*,
        seen.priced_on - seen.seen_on <= method.constants['fresh_quote_days'] as is_fresh,
        seen.priced_on - seen.seen_on <= method.constants['panel_days'] as is_in_panel,
        method.constants,
    from seen
    cross join method
    qualify
        row_number() over (
            partition by seen.hardware_id, seen.priced_on, seen.provider
            order by seen.seen_on desc, seen.unit_price, seen.quote_id
        ) = 1
),

counted as (
    -- the fresh ones; where none is fresh, the newest older one alone; with all the price could have come from
    select
        *,
        count(*) filter (where is_in_panel) over (partition by hardware_id, priced_on) as panel_count,
        min(unit_price) filter (where is_in_panel) over (partition by hardware_id, priced_on) as lowest_of_panel,
    from newest
    qualify
        is_fresh
        or (
            not bool_or(is_fresh) over (partition by hardware_id, priced_on)
            and row_number() over (partition by hardware_id, priced_on order by seen_on desc, unit_price, quote_id) = 1
        )
),

placed as (
    select
        *,
        count(*) over (partition by hardware_id, priced_on) as provider_count,
        if(
            provider_count < constants['panel_least_share_ratio'] * panel_count,
            lowest_of_panel,
            min(unit_price) over (partition by hardware_id, priced_on)
        ) as lowest,
        row_number() over (partition by hardware_id, priced_on order by unit_price, quote_id) as place,
    from counted
)

select
    placed.hardware_id,
    priced_on,
    unit_price as unit_price_usd_per_gpu_hour,
    case
        when
            provider_count < constants['thin_price_providers']
            or priced_hardware_id <> placed.hardware_id
            or priced_on - seen_on > constants['stale_price_days']
            then least(lowest, round(unit_price::double * widths.low_ratio, 6)::decimal(18, 6))
        else lowest
    end as unit_price_low_usd_per_gpu_hour,
    quote_id,
    seen_on as price_observed_on,
    provider_count as price_quote_count,
    priced_hardware_id <> placed.hardware_id as is_proxy,
from placed
inner join widths on widths.hardware_id = placed.hardware_id
where place = (provider_count + 1) // 2
