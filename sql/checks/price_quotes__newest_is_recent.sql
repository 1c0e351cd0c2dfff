-- Somebody still brings prices: the newest quote is not older than `recent_quote_days`.
-- severity: WARN
with

latest as (
    -- the day is that of the release before this one, for no clock is read; the first has nothing to compare with
    select
        (select max(as_of_on) from history.releases) as released_for_on,
        (select max(observed_on) from core.price_quotes where is_usable) as newest_quote_on,
        (
            select max(value)
            from core.method_constants
            where method_id = 'ledger' and constant_id = 'recent_quote_days'
        ) as recent_quote_days,
)

select
    newest_quote_on,
    released_for_on,
    released_for_on - newest_quote_on as days_old,
from latest
where
    released_for_on is not null
    and (newest_quote_on is null or released_for_on - newest_quote_on > recent_quote_days)
