-- The market rent of every accelerator on one day, by what was known at the end of another.
-- parameters: price_day, known_day
select *
from core.market_prices_as_known_on(price_day, known_day)
where priced_on = price_day::date
order by hardware_id
