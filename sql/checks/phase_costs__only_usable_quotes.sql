-- No cost rests on a quote that is missing, marked unusable or sold on other terms than its price basis.
-- severity: ERROR
with

quoted as (
    from core.phase_costs
    where quote_id is not null
    union all by name
    from core.unsummed_phase_costs
    where quote_id is not null
)

select
    quoted.phase_id,
    quoted.price_basis,
    quoted.quote_id,
    quotes.pricing_category,
    quotes.is_usable,
from quoted
left join core.price_quotes as quotes on quotes.quote_id = quoted.quote_id
where
    not coalesce(quotes.is_usable, false)
    or (quoted.price_basis in ('rental', 'rental_now') and quotes.pricing_category <> 'on_demand')
    or (quoted.price_basis = 'rental_spot' and quotes.pricing_category <> 'spot')
    or (quoted.price_basis = 'rental_1y' and quotes.pricing_category not in ('reserved_1y', 'committed_1y'))
    or (quoted.price_basis = 'rental_3y' and quotes.pricing_category not in ('reserved_3y', 'committed_3y'))
    or (quoted.price_basis in ('amortized', 'purchase') and quotes.pricing_category <> 'purchase')
order by quoted.phase_id, quoted.price_basis
