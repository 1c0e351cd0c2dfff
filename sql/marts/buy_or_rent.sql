-- After how many months is an accelerator cheaper bought than rented, by how busy it is kept?
with

savings as (
    -- 8766 hours a year
    select
        prices.*,
        months.busy_share,
        months.busy_hours * (prices.rent_usd_per_gpu_hour::double - prices.energy_usd_per_gpu_hour) as usual,
        months.busy_hours * (prices.rent_low_usd_per_gpu_hour::double - prices.energy_usd_per_gpu_hour) as least,
        months.busy_hours * (prices.rent_high_usd_per_gpu_hour::double - prices.energy_usd_per_gpu_hour) as most,
    from core.hardware_prices as prices
    cross join (
        select
            busy_share::double as busy_share,
            8766 / 12 * busy_share::double as busy_hours,
        from (values (0.25), (0.5), (0.75), (1.0)) as shares (busy_share)
    ) as months
)

select
    savings.hardware_id,
    savings.busy_share,
    hardware.name as hardware_name,
    if(savings.usual > 0, savings.owned_usd_per_gpu / savings.usual, null) as break_even_months,
    if(savings.usual > 0, savings.owned_low_usd_per_gpu / savings.most, null) as break_even_low_months,
    if(savings.least > 0, savings.owned_high_usd_per_gpu / savings.least, null) as break_even_high_months,
    savings.rent_usd_per_gpu_hour,
    savings.owned_usd_per_gpu,
    savings.energy_usd_per_gpu_hour,
    case
        when savings.rent_usd_per_gpu_hour is null then 'no_rent'
        when savings.owned_usd_per_gpu is null then 'no_purchase_price'
        when savings.usual <= 0 then 'rent_below_energy'
    end as missing_reason,
    list_sort(list_distinct(list_concat(savings.rent_flags, savings.owned_flags))) as flags,
from savings
inner join core.hardware as hardware on hardware.hardware_id = savings.hardware_id
order by savings.hardware_id, savings.busy_share
