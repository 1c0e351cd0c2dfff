-- Who discloses what a model took, by year and by developer: of how many models are hours, price, compute, chip known?
with

told as (
    -- of its own training, by the developer: third parties' estimates and a base model's figures are not disclosure
    select
        models.model_id,
        models.developer,
        year(models.released_on)::varchar as year,
        coalesce(
            bool_or(coalesce(phases.gpu_hours, phases.gpu_hours_low, phases.gpu_hours_high) is not null), false
        ) as has_hours,
        coalesce(bool_or(phases.stated_price_usd_per_gpu_hour is not null), false) as has_price,
        coalesce(bool_or(phases.training_compute_flop is not null), false) as has_compute,
        coalesce(bool_or(phases.hardware_id is not null), false) as has_hardware,
        coalesce(bool_or(phases.gpu_count is not null), false) as has_cluster,
        coalesce(bool_or(coalesce(phases.tokens_low, phases.tokens_high) is not null), false) as has_tokens,
    from core.models as models
    left join core.training_phases as phases
        on phases.model_id = models.model_id and phases.row_role in ('primary', 'context_only')
    group by all
)

select
    case
        when grouping(year) = 0 then 'year'
        when grouping(developer) = 0 then 'developer'
        else 'all'
    end as grouped_by,
    coalesce(year, developer, 'all') as group_name,
    count(*) as model_count,
    count(*) filter (where has_hours) as with_hours_count,
    count(*) filter (where has_price) as with_price_count,
    count(*) filter (where has_compute) as with_compute_count,
    count(*) filter (where has_hardware) as with_hardware_count,
    count(*) filter (where has_cluster) as with_cluster_count,
    count(*) filter (where has_tokens) as with_tokens_count,
    count(*) filter (where has_hours and has_hardware) / count(*) as costable_share,
from told
group by grouping sets ((year), (developer), ())
order by grouped_by, group_name
