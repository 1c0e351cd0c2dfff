-- A wider scope has at least the hours and the hourly cost of a narrower one: own, then effort, then cumulative.
-- severity: ERROR
with

widening as (
    from (values ('own', 'effort'), ('effort', 'cumulative'), ('own', 'cumulative')) as steps (narrow, wide)
)

select
    narrow.model_id,
    narrow.price_basis,
    widening.narrow as narrow_scope,
    widening.wide as wide_scope,
    narrow.gpu_hours as narrow_gpu_hours,
    wide.gpu_hours as wide_gpu_hours,
    narrow.cost_mid_usd as narrow_cost_usd,
    wide.cost_mid_usd as wide_cost_usd,
from widening
inner join core.model_costs as narrow on narrow.scope = widening.narrow
inner join core.model_costs as wide
    on wide.model_id = narrow.model_id and wide.price_basis = narrow.price_basis and wide.scope = widening.wide
where
    narrow.gpu_hours > wide.gpu_hours
    or (narrow.price_basis <> 'purchase' and narrow.cost_mid_usd > wide.cost_mid_usd)
order by narrow.model_id, narrow.price_basis, widening.narrow, widening.wide
