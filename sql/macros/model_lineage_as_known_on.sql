-- The edges of the lineage whose sources were published by the end of a day, as they were told then.
-- parameters: known_day
with

replaced as (
    select
        child_model_id,
        parent_model_id,
        relation,
        max(epoch_us(superseded_at)) as replaced_at_us,
    from history.model_lineage
    group by all
),

versions as (
    select
        edges.child_model_id,
        edges.parent_model_id,
        edges.relation,
        edges.counts_in,
        edges.source_id,
    from core.model_lineage as edges
    left join core.sources as sources on sources.source_id = edges.source_id
    left join core.sources as earlier on earlier.source_id = edges.first_source_id
    left join replaced
        on
            replaced.child_model_id = edges.child_model_id
            and replaced.parent_model_id = edges.parent_model_id
            and replaced.relation = edges.relation
    where
        (sources.published_on is null or least(sources.published_on, earlier.published_on) <= known_day::date)
        and coalesce(replaced.replaced_at_us < epoch_us((known_day::date + 1)::timestamp), true)
    union all by name
    select
        child_model_id,
        parent_model_id,
        relation,
        counts_in,
        source_id,
    from history.model_lineage
    where
        coalesce(epoch_us(recorded_at) < epoch_us((known_day::date + 1)::timestamp), true)
        and epoch_us(superseded_at) >= epoch_us((known_day::date + 1)::timestamp)
)

select versions.*
from versions
semi join core.models_as_known_on(known_day) as models on models.model_id = versions.child_model_id
