-- Hours and hourly cost of every scope are the exact sums over the summed phases of its members, each once.
-- severity: ERROR
with

summed as (
    -- a phase of which only the lower end is known adds that end, beside phases with a middle
    select
        members.model_id,
        members.scope,
        costs.price_basis,
        case
            when bool_or(costs.gpu_hours is not null) then sum(coalesce(costs.gpu_hours, costs.gpu_hours_low))
        end as gpu_hours,
        case
            when bool_or(costs.cost_mid_usd is not null)
                then sum(coalesce(costs.cost_mid_usd, costs.cost_low_usd::decimal(18, 2)))
        end as cost_usd,
    from core.scope_members as members
    inner join core.phase_costs as costs on costs.model_id = members.member_model_id
    where costs.row_role = 'primary' and costs.price_basis <> 'purchase'
    group by all
)

select
    costs.model_id,
    costs.scope,
    costs.price_basis,
    costs.gpu_hours,
    summed.gpu_hours as summed_gpu_hours,
    costs.cost_mid_usd,
    summed.cost_usd as summed_cost_usd,
from core.model_costs as costs
left join summed
    on summed.model_id = costs.model_id and summed.scope = costs.scope and summed.price_basis = costs.price_basis
where
    costs.price_basis <> 'purchase'
    and (
        costs.gpu_hours is distinct from summed.gpu_hours
        or costs.cost_mid_usd is distinct from summed.cost_usd
    )
order by costs.model_id, costs.scope, costs.price_basis
