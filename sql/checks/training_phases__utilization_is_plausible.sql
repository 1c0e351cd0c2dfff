-- Hours, tokens and parameters of a summed phase imply a utilisation that hardware can reach.
-- severity: WARN
select
    phase_id,
    hardware_id,
    gpu_hours,
    tokens_low,
    tokens_high,
    implied_utilization_ratio,
from core.training_phases
where row_role = 'primary' and list_contains(flags, 'implausible_utilization')
order by phase_id
