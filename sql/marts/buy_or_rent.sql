-- After how many months is an accelerator cheaper bought than rented, by how busy it is kept?
with

savings as (
    -- what an hour saves, and how far its ends and those of the price are from their middles, in logarithms
    select
        *,
        rent_usd_per_gpu_hour::double - energy_usd_per_gpu_hour as saved,
        rent_low_usd_per_gpu_hour::double - energy_usd_per_gpu_hour as least_saved,
        rent_high_usd_per_gpu_hour::double - energy_usd_per_gpu_hour as most_saved,
        list_contains(owned_flags, 'estimated_price') as is_estimate,
        list_contains(rent_flags, 'proxy_price') as is_rent_of_another,
        if(is_estimate or is_rent_of_another, null, owned_usd_per_gpu / nullif(greatest(saved, 0), 0)) as hours,
        sqrt(
            ln(owned_usd_per_gpu / owned_low_usd_per_gpu) ** 2
            + if(saved > 0, ln(most_saved / saved) ** 2, null)
        ) as sooner,
        sqrt(
            ln(owned_high_usd_per_gpu / owned_usd_per_gpu) ** 2
            + if(least_saved > 0, ln(saved / least_saved) ** 2, null)
        ) as later,
    from core.hardware_prices
),

shares as (
    -- 8766 hours a year
    select
        busy_share::double as busy_share,
        8766 / 12 * busy_share::double as busy_hours,
    from (values (0.25), (0.5), (0.75), (1.0)) as busy (busy_share)
)

select
    savings.hardware_id,
    shares.busy_share,
    hardware.name as hardware_name,
    savings.hours / shares.busy_hours as break_even_months,
    savings.hours / shares.busy_hours * exp(-savings.sooner) as break_even_low_months,
    savings.hours / shares.busy_hours * exp(savings.later) as break_even_high_months,
    savings.rent_usd_per_gpu_hour,
    savings.owned_usd_per_gpu,
    savings.owned_observed_on,
    savings.energy_usd_per_gpu_hour,
    case
        when savings.rent_usd_per_gpu_hour is null then 'no_rent'
        when savings.owned_usd_per_gpu is null then 'no_purchase_price'
        when savings.is_rent_of_another then 'rent_of_stand_in'
        when savings.is_estimate then 'estimated_purchase_price'
        when savings.saved <= 0 then 'rent_below_energy'
    end as missing_reason,
    list_sort(list_distinct(list_concat(savings.rent_flags, savings.owned_flags))) as flags,
from savings
cross join shares
inner join core.hardware as hardware on hardware.hardware_id = savings.hardware_id
order by savings.hardware_id, shares.busy_share
