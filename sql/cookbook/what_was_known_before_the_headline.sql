-- What did the ledger's sources know of DeepSeek-R1 on the day before its paper, and on the day after?
with

known as (
    select
        date '2025-09-16' as known_on,
        *,
    from core.model_costs_as_known_on(date '2025-09-16')
    union all by name
    select
        date '2025-09-18' as known_on,
        *,
    from core.model_costs_as_known_on(date '2025-09-18')
)

select
    models.name,
    known.known_on,
    known.scope,
    known.gpu_hours,
    known.cost_mid_usd,
    known.cost_missing_reason,
    known.is_lower_bound,
from known
inner join core.models as models on models.model_id = known.model_id
where known.model_id = 'deepseek-r1' and known.price_basis = 'disclosed'
order by known.known_on, known.scope
