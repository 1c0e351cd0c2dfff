-- How much electricity and emissions stand behind each model, worked out and as its developers state them?
with

members as (
    select
        members.model_id,
        members.scope,
        energy.*,
        coalesce(energy.energy_kwh, energy.energy_low_kwh) as floor_kwh,
        energy.disclosed_location_tco2e is not null as is_stated,
    from core.scope_members as members
    inner join core.phase_energy as energy on energy.model_id = members.member_model_id
    where energy.row_role in ('primary', 'context_only')
),

open_hours as (
    -- hours are the same on every basis: something is missing in the electricity where something is missing in them
    select
        model_id,
        scope,
        bool_and(gpu_hours_high is null) as is_open,
    from core.model_costs
    group by all
),

sums as (
    select
        members.model_id,
        members.scope,
        sum(energy_low_kwh) as energy_low_kwh,
        if(bool_or(energy_kwh is not null), sum(floor_kwh), null) as energy_kwh,
        sum(energy_high_kwh) as energy_high_kwh,
        sum(emissions_low_tco2e) as emissions_low_tco2e,
        if(
            bool_or(emissions_tco2e is not null),
            sum(coalesce(emissions_tco2e, emissions_low_tco2e)),
            null
        ) as emissions_tco2e,
        sum(emissions_high_tco2e) as emissions_high_tco2e,
        sum(disclosed_energy_kwh) as disclosed_energy_kwh,
        sum(disclosed_location_tco2e) as disclosed_location_tco2e,
        sum(disclosed_market_tco2e) as disclosed_market_tco2e,
        sum(disclosed_water_liters) as disclosed_water_liters,
        sum(emissions_tco2e) filter (where is_stated) as same_phases_tco2e,
        coalesce(list(phase_id order by phase_id) filter (where not is_stated), []) as phases_without_statement,
        coalesce(list(phase_id order by phase_id) filter (where missing_reason is not null), [])
            as phases_without_energy,
        list_sort(list_distinct(flatten(list(flags)))) as flags,
    from members
    group by all
),

bounded as (
    select
        sums.*,
        open_hours.is_open or len(sums.phases_without_energy) > 0 as is_floor,
    from sums
    inner join open_hours on open_hours.model_id = sums.model_id and open_hours.scope = sums.scope
)

select
    sums.model_id,
    sums.scope,
    models.name as model_name,
    sums.energy_low_kwh,
    sums.energy_kwh,
    if(sums.is_floor, null, sums.energy_high_kwh) as energy_high_kwh,
    sums.emissions_low_tco2e,
    sums.emissions_tco2e,
    if(sums.is_floor, null, sums.emissions_high_tco2e) as emissions_high_tco2e,
    sums.disclosed_energy_kwh,
    sums.disclosed_location_tco2e,
    sums.disclosed_market_tco2e,
    sums.disclosed_water_liters,
    sums.same_phases_tco2e,
    sums.same_phases_tco2e / nullif(sums.disclosed_location_tco2e, 0) as worked_out_to_disclosed_ratio,
    sums.is_floor as is_lower_bound,
    sums.phases_without_energy,
    if(sums.disclosed_location_tco2e is null, [], sums.phases_without_statement) as phases_without_statement,
    sums.flags,
from bounded as sums
inner join core.models as models on models.model_id = sums.model_id
where coalesce(
    sums.energy_kwh,
    sums.energy_low_kwh,
    sums.energy_high_kwh,
    sums.disclosed_energy_kwh,
    sums.disclosed_location_tco2e,
    sums.disclosed_water_liters
) is not null
order by sums.model_id, sums.scope
