-- Do developers disclose more than they did: what share of the models of each year gives hours, price, compute, chip?
select
    group_name as year,
    model_count,
    round(with_hours_count / model_count, 2) as hours_share,
    round(with_price_count / model_count, 2) as price_share,
    round(with_compute_count / model_count, 2) as compute_share,
    round(with_hardware_count / model_count, 2) as hardware_share,
    round(costable_share, 2) as costable_share,
from marts.disclosure_over_time
where grouped_by = 'year'
order by year
