-- No price carries a day after the day of the release; such a price is never used.
-- severity: WARN
select
    quote_id,
    observed_on,
    provider,
    sku,
from core.price_quotes
where list_contains(flags, 'future_date') and superseded_at is null
order by quote_id
