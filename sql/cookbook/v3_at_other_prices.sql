-- What would DeepSeek-V3 and the Llama models have cost at one, two, three and four dollars an hour?
select
    model_name,
    max(rental_usd_per_gpu_hour) as rental_usd_per_gpu_hour,
    max(cost_usd) filter (where price_usd_per_gpu_hour = 1) as at_1_usd,
    max(cost_usd) filter (where price_usd_per_gpu_hour = 2) as at_2_usd,
    max(cost_usd) filter (where price_usd_per_gpu_hour = 3) as at_3_usd,
    max(cost_usd) filter (where price_usd_per_gpu_hour = 4) as at_4_usd,
    bool_or(is_lower_bound) as is_lower_bound,
from marts.price_grid
where scope = 'own' and model_id in ('deepseek-v3', 'llama-4-maverick', 'llama-4-scout', 'llama-3-1-405b')
group by all
order by at_1_usd
