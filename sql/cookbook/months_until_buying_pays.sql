-- After how many months is each accelerator cheaper bought than rented, busy half of the time or always?
select
    hardware_name,
    any_value(rent_usd_per_gpu_hour) as rent_usd_per_gpu_hour,
    round(any_value(owned_usd_per_gpu)) as owned_usd_per_gpu,
    round(max(break_even_months) filter (where busy_share = 0.5), 1) as months_if_half_busy,
    round(max(break_even_months) filter (where busy_share = 1), 1) as months_if_always_busy,
    any_value(flags) as flags,
from marts.buy_or_rent
where missing_reason is null
group by all
order by months_if_always_busy, hardware_name
