-- The phases whose sources were published by the end of a day, as they were told then, of models known then.
-- parameters: known_day
with

replaced as (
    select
        phase_id,
        max(epoch_us(superseded_at)) as replaced_at_us,
    from history.training_phases
    group by phase_id
),

versions as (
    select phases.*
    from core.training_phases as phases
    left join core.sources as sources on sources.source_id = phases.source_id
    left join replaced on replaced.phase_id = phases.phase_id
    where
        (sources.published_on is null or sources.published_on <= known_day::date)
        and coalesce(replaced.replaced_at_us < epoch_us((known_day::date + 1)::timestamp), true)
    union all by name
    select * exclude (recorded_at, superseded_at)
    from history.training_phases
    where
        coalesce(epoch_us(recorded_at) < epoch_us((known_day::date + 1)::timestamp), true)
        and epoch_us(superseded_at) >= epoch_us((known_day::date + 1)::timestamp)
),

stated_later as (
    select source_id
    from core.sources
    where published_on > known_day::date
)

select
    versions.* exclude (stated_price_usd_per_gpu_hour, stated_price_source_id),
    case when stated_later.source_id is null then versions.stated_price_usd_per_gpu_hour end
        as stated_price_usd_per_gpu_hour,
    case when stated_later.source_id is null then versions.stated_price_source_id end as stated_price_source_id,
from versions
left join stated_later on stated_later.source_id = versions.stated_price_source_id
semi join core.models_as_known_on(known_day) as models on models.model_id = versions.model_id
