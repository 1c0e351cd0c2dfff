-- What is each cost made of: accelerators, servers, interconnect, energy?
with

counted as (
    select
        members.model_id,
        members.scope,
        parts.price_basis,
        parts.component,
        parts.is_in_cost,
        parts.cost_mid_usd,
        phases.phase_id,
        -- one cluster serves several phases: bought once, the largest counts
        parts.price_basis <> 'purchase'
        or dense_rank() over (
            partition by members.model_id, members.scope, parts.price_basis, models.developer, phases.hardware_id
            order by phases.gpu_count desc nulls last, phases.cost_mid_usd desc nulls last, phases.phase_id
        ) = 1 as is_counted,
    from core.scope_members as members
    inner join core.phase_costs as phases on phases.model_id = members.member_model_id
    inner join core.cost_components as parts
        on parts.phase_id = phases.phase_id and parts.price_basis = phases.price_basis
    inner join core.models as models on models.model_id = members.member_model_id
    where phases.row_role = 'primary'
),

summed as (
    select
        model_id,
        scope,
        price_basis,
        component,
        is_in_cost,
        sum(cost_mid_usd) as cost_mid_usd,
    from counted
    where is_counted
    group by all
)

select
    model_id,
    scope,
    price_basis,
    component,
    is_in_cost,
    cost_mid_usd::decimal(18, 2) as cost_mid_usd,
    (cost_mid_usd / sum(cost_mid_usd) over (partition by model_id, scope, price_basis))::double as component_share,
from summed
order by model_id, scope, price_basis, component
