-- How did the on-demand rent of an H100 move, quarter by quarter, and how many providers stand behind each figure?
with

cheapest as (
    -- one price for a provider and quarter, its lowest
    select
        date_trunc('quarter', observed_on)::date as quarter_on,
        provider,
        min(list_unit_price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
    from core.price_quotes
    where hardware_id = 'h100-sxm' and pricing_category = 'on_demand' and is_usable
    group by all
)

select
    quarter_on,
    count(*) as provider_count,
    min(price_usd_per_gpu_hour) as lowest_usd_per_gpu_hour,
    quantile_disc(price_usd_per_gpu_hour, 0.5) as median_usd_per_gpu_hour,
    max(price_usd_per_gpu_hour) as highest_usd_per_gpu_hour,
from cheapest
group by all
order by quarter_on
