-- Which models were at the frontier of training compute when they came out, and what did each cost?
with

method as (
    select
        coalesce(
            max(value),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''frontier_rank'': restore it')
        ) as frontier_rank,
    from core.method_constants
    where method_id = 'ledger' and constant_id = 'frontier_rank'
),

from_scratch as (
    -- a frontier run makes all its weights anew; a family's figure is that of several runs
    select
        models.model_id,
        models.name,
        models.released_on,
        compute.training_compute_flop,
        compute.compute_method,
    from core.models as models
    inner join marts.training_compute as compute on compute.model_id = models.model_id and compute.scope = 'own'
    where
        compute.training_compute_flop is not null
        and len(models.covers_models) = 0
        and models.model_id in (
            select model_id,
            from core.training_phases
            where row_role in ('primary', 'context_only') and phase in ('pretraining', 'full_training')
        )
        and models.model_id not in (
            select child_model_id,
            from core.model_lineage
            where relation = 'weights'
        )
),

ranked as (
    -- place among everything that was out on that day, itself included
    select
        model.model_id,
        count(bigger.model_id) + 1 as compute_rank,
    from from_scratch as model
    left join from_scratch as bigger
        on bigger.released_on <= model.released_on and bigger.training_compute_flop > model.training_compute_flop
    group by all
)

select
    from_scratch.model_id,
    costs.price_basis,
    from_scratch.name as model_name,
    from_scratch.released_on,
    from_scratch.training_compute_flop,
    from_scratch.compute_method,
    ranked.compute_rank,
    ranked.compute_rank <= method.frontier_rank as is_frontier,
    costs.cost_low_usd,
    costs.cost_mid_usd,
    costs.cost_high_usd,
    costs.is_lower_bound,
    costs.cost_mid_usd is not null and not costs.is_lower_bound as is_counted,
    costs.cost_missing_reason,
    costs.flags,
from from_scratch
cross join method
inner join ranked on ranked.model_id = from_scratch.model_id
inner join core.model_costs as costs on costs.model_id = from_scratch.model_id and costs.scope = 'own'
order by from_scratch.model_id, costs.price_basis
