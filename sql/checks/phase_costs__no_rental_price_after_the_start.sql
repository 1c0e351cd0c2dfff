-- No rental cost rests on a price seen after the run started, or on one without a date.
-- severity: ERROR
with

rented as (
    from core.phase_costs
    where price_basis in ('rental', 'rental_spot', 'rental_1y', 'rental_3y') and cost_missing_reason is null
    union all by name
    from core.unsummed_phase_costs
    where price_basis in ('rental', 'rental_spot', 'rental_1y', 'rental_3y') and cost_missing_reason is null
)

select
    rented.phase_id,
    rented.price_basis,
    rented.started_on,
    rented.price_observed_on,
    rented.quote_id,
    quotes.observed_on as quote_observed_on,
from rented
left join core.price_quotes as quotes on quotes.quote_id = rented.quote_id
where
    coalesce(rented.price_observed_on > rented.started_on, true)
    or coalesce(quotes.observed_on > rented.started_on, true)
order by rented.phase_id, rented.price_basis
