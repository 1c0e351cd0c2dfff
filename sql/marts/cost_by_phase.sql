-- Where did the money go: what does each phase cost, at which price, and where was its figure printed?
with

priced_phases as (
    from core.phase_costs
    union all by name
    from core.unsummed_phase_costs
),

own_totals as (
    -- purchase has no shares: one cluster serves several phases; nor has a floor: the rest is not known
    select
        model_id,
        price_basis,
        cost_mid_usd,
    from core.model_costs
    where scope = 'own' and price_basis <> 'purchase' and not is_lower_bound
)

select
    priced.phase_id,
    priced.price_basis,
    priced.model_id,
    models.name as model_name,
    priced.phase,
    priced.row_role,
    priced.row_role = 'primary' as is_summed,
    priced.hardware_id,
    priced.gpu_hours,
    priced.gpu_count,
    priced.unit_price_usd_per_gpu_hour,
    priced.unit_price_usd_per_gpu,
    priced.cost_low_usd,
    priced.cost_mid_usd,
    priced.cost_high_usd,
    if(priced.row_role = 'primary', (priced.cost_mid_usd / totals.cost_mid_usd)::double, null) as own_cost_share,
    priced.cost_missing_reason,
    priced.price_observed_on,
    priced.started_on,
    phases.source_id,
    sources.title as source_title,
    coalesce(phases.locator, sources.locator) as locator,
    sources.url,
    phases.confidence,
    priced.price_source_id,
    priced.flags,
from priced_phases as priced
inner join core.training_phases as phases on phases.phase_id = priced.phase_id
inner join core.models as models on models.model_id = priced.model_id
inner join core.sources as sources on sources.source_id = phases.source_id
left join own_totals as totals on totals.model_id = priced.model_id and totals.price_basis = priced.price_basis
order by priced.phase_id, priced.price_basis
