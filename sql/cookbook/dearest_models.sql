-- Which models were the dearest at the market rent of their day, with every model they stand on counted in?
select
    model_id,
    name,
    developer,
    cumulative_gpu_hours,
    cumulative_rental_usd,
    own_rental_usd,
    ancestor_hours_share,
    list_contains(lower_bound_columns, 'cumulative_rental_usd') as is_lower_bound,
    flags,
from marts.model_comparison
where cumulative_rental_usd is not null
order by cumulative_rental_usd desc, model_id
limit 20
