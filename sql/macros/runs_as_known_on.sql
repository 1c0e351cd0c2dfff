-- The phases known at the end of a day with the hours and the start they are priced with.
-- parameters: known_day
with

method as (
    select map_from_entries(list((constant_id, value))) as constants
    from core.method_constants
    where method_id = 'ledger'
),

disclosed as (
    select
        phases.*,
        models.released_on,
        method.constants,
        case when phases.row_role <> 'context_only' then phases.gpu_hours::double end as point,
        case when phases.row_role <> 'context_only' then phases.gpu_hours_low::double end as low,
        case when phases.row_role <> 'context_only' then phases.gpu_hours_high::double end as high,
        case
            when
                phases.row_role <> 'context_only'
                and coalesce(phases.gpu_hours, phases.gpu_hours_low, phases.gpu_hours_high) is null
                then phases.training_compute_flop / (hardware.peak_bf16_flop_per_s * 3600)
        end as full_speed_hours,
    from core.training_phases_as_known_on(known_day) as phases
    inner join core.models as models on models.model_id = phases.model_id
    left join core.hardware as hardware on hardware.hardware_id = phases.hardware_id
    cross join method
),

possible as (
    -- hours from compute, where the ledger can hold both ends of them
    select
        * exclude (full_speed_hours),
        case
            when
                full_speed_hours / constants['usual_utilization_high_ratio'] >= 0.0001
                and full_speed_hours / constants['usual_utilization_low_ratio'] <= 10000000000
                then full_speed_hours
        end as full_speed_hours,
    from disclosed
),

ends as (
    select
        *,
        round(coalesce(low, point, full_speed_hours / constants['usual_utilization_high_ratio']), 4) as low_end,
        round(coalesce(point, sqrt(low * high), full_speed_hours / constants['usual_utilization_ratio']), 4) as middle,
        round(coalesce(high, point, full_speed_hours / constants['usual_utilization_low_ratio']), 4) as high_end,
    from possible
),

rounded as (
    select
        *,
        case when low_end > 0 then low_end::decimal(18, 4) end as hours_low,
        case when middle > 0 then middle::decimal(18, 4) end as hours_mid,
        case when high_end > 0 then high_end::decimal(18, 4) end as hours_high,
        coalesce(wall_clock_hours, middle / gpu_count) as stated_run_hours,
    from ends
),

timed as (
    select
        *,
        case
            when stated_run_hours <= constants['longest_run_hours'] then stated_run_hours
            else constants['usual_run_hours']
        end as run_hours,
        not coalesce(stated_run_hours <= constants['longest_run_hours'], false) as is_run_time_assumed,
    from rounded
)

select
    phase_id,
    model_id,
    phase,
    row_role,
    hardware_id,
    gpu_count,
    hours_low,
    hours_mid,
    hours_high,
    coalesce(
        started_on,
        (
            released_on::timestamp
            - to_microseconds(trunc(run_hours * 3600000000)::bigint)
            - to_days(constants['start_delay_days']::integer)
        )::date
    ) as started_on,
    stated_price_usd_per_gpu_hour,
    -- how far an assumed start moves the lower end of a price, as a logarithm: the trend of the days it may be late
    case
        when started_on is not null then 0.0
        else
            constants['price_performance_trend_per_year'] * ln(10) / 365.25
            * sqrt(
                constants['start_width_days'] ** 2
                + case
                    when is_run_time_assumed
                        then (constants['usual_run_hours'] / 24 * (1 - constants['run_hours_width_low_ratio'])) ** 2
                    else 0
                end
            )
    end as start_low_log_ratio,
from timed
