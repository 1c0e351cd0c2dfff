-- No hours and no cost are zero: what is unknown is absent with a reason, and never both a cost and a reason.
-- severity: ERROR
with

costs as (
    select
        model_id,
        scope as scope_or_phase_id,
        price_basis,
        gpu_hours,
        cost_low_usd,
        cost_mid_usd,
        cost_high_usd,
        cost_missing_reason,
    from core.model_costs
    union all by name
    select
        model_id,
        phase_id as scope_or_phase_id,
        price_basis,
        gpu_hours,
        cost_low_usd,
        cost_mid_usd,
        cost_high_usd,
        cost_missing_reason,
    from core.phase_costs
    union all by name
    select
        model_id,
        phase_id as scope_or_phase_id,
        price_basis,
        gpu_hours,
        cost_low_usd,
        cost_mid_usd,
        cost_high_usd,
        cost_missing_reason,
    from core.unsummed_phase_costs
)

from costs
where
    gpu_hours = 0
    or least(cost_low_usd, cost_mid_usd, cost_high_usd) = 0
    or (coalesce(cost_low_usd, cost_mid_usd, cost_high_usd) is null) = (cost_missing_reason is null)
order by model_id, scope_or_phase_id, price_basis
