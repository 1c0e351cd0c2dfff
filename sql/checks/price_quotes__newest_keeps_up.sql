-- The newest on-demand price is fresh on the newest day the ledger speaks of, and not every price of today is stale.
-- severity: WARN
with

newest as (
    -- no clock is read, so that the same inputs pass or fail on any day; age on the day of the release is `stale_price`
    select
        (
            select max(coalesce(last_seen_on, observed_on))
            from core.price_quotes
            where pricing_category = 'on_demand' and is_usable
        ) as newest_quote_on,
        greatest(
            (select max(released_on) from core.models),
            (select max(started_on) from core.phase_costs),
            (select max(claimed_on) from core.cost_claims)
        ) as newest_event_on,
        (
            select max(value)
            from core.method_constants
            where method_id = 'ledger' and constant_id = 'fresh_quote_days'
        ) as fresh_quote_days,
        (
            select coalesce(bool_and(list_contains(flags, 'stale_price')), false)
            from core.phase_costs
            where price_basis = 'rental_now' and cost_missing_reason is null
        ) as is_every_price_stale,
)

select
    newest_quote_on,
    newest_event_on,
    newest_event_on - newest_quote_on as days_behind,
    is_every_price_stale,
from newest
where newest_quote_on is null or newest_event_on - newest_quote_on > fresh_quote_days or is_every_price_stale
