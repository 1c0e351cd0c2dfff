-- At least as many models have a cost as in the last release.
-- severity: WARN
with

costed as (
    select count(distinct model_id) as priced_model_count
    from core.model_costs
    where cost_missing_reason is null
),

last_release as (
    select
        release_id,
        priced_model_count,
    from history.releases
    order by published_at desc
    limit 1
)

select
    last_release.release_id as since_release_id,
    last_release.priced_model_count as models_costed_then,
    costed.priced_model_count as models_costed_now,
from last_release
cross join costed
where costed.priced_model_count < last_release.priced_model_count
