-- Hours, accelerators and duration of a summed phase fit together, and it starts before its model is released.
-- severity: WARN
select
    phase_id,
    gpu_hours,
    gpu_count,
    wall_clock_hours,
    started_on,
    flags,
from core.training_phases
where row_role = 'primary' and (list_contains(flags, 'hours_conflict') or list_contains(flags, 'start_after_release'))
order by phase_id
