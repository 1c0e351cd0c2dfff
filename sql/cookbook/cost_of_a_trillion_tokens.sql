-- What did training on a trillion tokens take: DeepSeek-V3 beside Llama 4 and the Llama 3.1 it followed?
select
    name,
    training_tokens / 1e12 as trillion_tokens,
    own_gpu_hours,
    tokens_per_gpu_hour,
    rental_usd_per_trillion_tokens,
    disclosed_usd_per_trillion_tokens,
    implied_utilization_ratio,
    hardware_ids,
from marts.model_comparison
where model_id in ('deepseek-v3', 'llama-4-maverick', 'llama-4-scout', 'llama-3-1-405b')
order by rental_usd_per_trillion_tokens, name
