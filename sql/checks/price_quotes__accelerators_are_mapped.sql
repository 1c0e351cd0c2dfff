-- Every accelerator that a price names has a row in data/reference/accelerator_map.csv.
-- severity: WARN
select
    quote_id,
    accelerator,
    provider,
    sku,
from core.price_quotes
where list_contains(flags, 'unmapped_accelerator') and superseded_at is null
order by quote_id
