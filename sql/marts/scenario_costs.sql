-- What would each model cost under each scenario, beside what the ledger says?
select
    costs.scenario_id,
    costs.model_id,
    costs.scope,
    costs.price_basis,
    scenarios.label as scenario_label,
    models.name as model_name,
    costs.cost_low_usd,
    costs.cost_mid_usd,
    costs.cost_high_usd,
    usual.cost_mid_usd as default_cost_usd,
    (costs.cost_mid_usd - usual.cost_mid_usd)::decimal(18, 2) as difference_usd,
    costs.cost_mid_usd::double / usual.cost_mid_usd::double as cost_ratio,
    costs.is_changed,
    costs.is_lower_bound,
    list_filter(costs.flags, lambda flag: starts_with(flag, 'scenario_')) as changed_inputs,
    costs.cost_missing_reason,
from core.scenario_costs as costs
inner join core.scenarios as scenarios on scenarios.scenario_id = costs.scenario_id
inner join core.models as models on models.model_id = costs.model_id
inner join core.model_costs as usual
    on usual.model_id = costs.model_id and usual.scope = costs.scope and usual.price_basis = costs.price_basis
where costs.cost_missing_reason is null or usual.cost_missing_reason is null
order by costs.scenario_id, costs.model_id, costs.scope, costs.price_basis
