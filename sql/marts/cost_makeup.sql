-- What is each cost made of: accelerators, servers, interconnect, energy?
with

counted as (
    select
        members.model_id,
        members.scope,
        parts.price_basis,
        parts.component,
        parts.is_in_cost,
        parts.cost_low_usd,
        parts.cost_mid_usd,
        parts.cost_high_usd,
        phases.hardware_id,
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

by_hardware as (
    -- phases on one accelerator share the error of its price: their ends add
    select
        model_id,
        scope,
        price_basis,
        component,
        is_in_cost,
        hardware_id,
        sum(cost_mid_usd) as part_usd,
        part_usd::double * ln(part_usd::double / sum(cost_low_usd)) as below,
        part_usd::double * ln(sum(cost_high_usd) / part_usd::double) as above,
    from counted
    where is_counted
    group by all
),

summed as (
    -- prices of different accelerators are independent: distances, in logarithms and by their share, add in squares
    select
        model_id,
        scope,
        price_basis,
        component,
        is_in_cost,
        sum(part_usd) as cost_mid_usd,
        cost_mid_usd::double * exp(-sqrt(sum(below ** 2)) / cost_mid_usd::double) as cost_low_usd,
        cost_mid_usd::double * exp(sqrt(sum(above ** 2)) / cost_mid_usd::double) as cost_high_usd,
    from by_hardware
    group by all
)

select
    model_id,
    scope,
    price_basis,
    component,
    is_in_cost,
    round(cost_low_usd, 2) as cost_low_usd,
    cost_mid_usd::decimal(18, 2) as cost_mid_usd,
    round(cost_high_usd, 2) as cost_high_usd,
    (cost_mid_usd / sum(cost_mid_usd) over (partition by model_id, scope, price_basis))::double as component_share,
from summed
order by model_id, scope, price_basis, component
