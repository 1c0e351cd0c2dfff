-- By what factor did the cost of frontier training grow in a year, and what growth did others publish?
select
    price_basis,
    model_count,
    first_released_on,
    last_released_on,
    round(growth_per_year_ratio, 2) as growth_per_year,
    round(growth_per_year_low_ratio, 2) as growth_low,
    round(growth_per_year_high_ratio, 2) as growth_high,
    published_growth_per_year_ratio as published_growth,
    missing_reason,
from marts.cost_over_time
where model_set = 'frontier'
order by price_basis
