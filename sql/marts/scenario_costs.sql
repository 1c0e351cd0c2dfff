-- What would each model cost under each scenario, beside what the ledger says, both in the same dollars?
with

-- every cost under every scenario: as the scenario changes it, else as the ledger has it
costs as (
    select
        scenarios.scenario_id,
        scenarios.label as scenario_label,
        scenarios.dollars_of_year,
        scenarios.rental_terms,
        usual.model_id,
        usual.scope,
        usual.price_basis,
        changed.model_id is not null as is_changed,
        usual.cost_mid_usd as default_cost_usd,
        usual.scope_note,
        if(is_changed, changed.cost_low_usd, usual.cost_low_usd) as cost_low_usd,
        if(is_changed, changed.cost_mid_usd, usual.cost_mid_usd) as cost_mid_usd,
        if(is_changed, changed.cost_high_usd, usual.cost_high_usd) as cost_high_usd,
        if(is_changed, changed.is_lower_bound, usual.is_lower_bound) as is_lower_bound,
        usual.is_lower_bound as is_default_lower_bound,
        not is_changed or changed.has_same_phases as has_same_phases,
        if(is_changed, changed.cost_missing_reason, usual.cost_missing_reason) as cost_missing_reason,
        list_filter(changed.flags, lambda flag: starts_with(flag, 'scenario_')) as scenario_flags,
    from core.scenarios as scenarios
    cross join core.model_costs as usual
    left join core.scenario_costs as changed
        on changed.scenario_id = scenarios.scenario_id
        and changed.model_id = usual.model_id
        and changed.scope = usual.scope
        and changed.price_basis = usual.price_basis
    where usual.cost_missing_reason is null or (is_changed and changed.cost_missing_reason is null)
),

timed as (
    -- in dollars of which month a cost is: of the release of the model, or of the day of the ledger
    select
        costs.*,
        models.name as model_name,
        date_trunc('month', models.released_on)::date as released_month_on,
        costs.price_basis = 'rental_now' as is_default_of_today,
        costs.price_basis = 'rental_now'
        or (costs.price_basis = 'rental' and coalesce(costs.rental_terms = 'rental_now', false)) as is_of_today,
    from costs
    inner join core.models as models on models.model_id = costs.model_id
),

beside as (
    select
        timed.*,
        -- one row a series: what names the index does not depend on the month
        any_value(coalesce(of_cost.series_id, of_default.series_id)) over (partition by timed.scenario_id)
            as price_index_id,
        any_value(coalesce(of_cost.vintage_on, of_default.vintage_on)) over (partition by timed.scenario_id)
            as index_vintage_on,
        of_cost.deflator_ratio,
        of_default.deflator_ratio as default_deflator_ratio,
        timed.dollars_of_year is not null and of_cost.deflator_ratio is null as has_no_index,
    from timed
    left join core.scenario_deflators as of_cost
        on of_cost.scenario_id = timed.scenario_id
        and if(timed.is_of_today, of_cost.is_of_release, of_cost.month_on = timed.released_month_on)
    left join core.scenario_deflators as of_default
        on of_default.scenario_id = timed.scenario_id
        and if(timed.is_default_of_today, of_default.is_of_release, of_default.month_on = timed.released_month_on)
),

converted as (
    select
        * replace (
            if(dollars_of_year is null, cost_low_usd, round(cost_low_usd * deflator_ratio, 2)) as cost_low_usd,
            if(dollars_of_year is null, cost_mid_usd, (cost_mid_usd::double * deflator_ratio)::decimal(18, 2))
                as cost_mid_usd,
            if(dollars_of_year is null, cost_high_usd, round(cost_high_usd * deflator_ratio, 2)) as cost_high_usd,
            if(
                dollars_of_year is null,
                default_cost_usd,
                (default_cost_usd::double * default_deflator_ratio)::decimal(18, 2)
            ) as default_cost_usd
        ),
    from beside
),

judged as (
    select
        *,
        case
            when cost_mid_usd is null or default_cost_usd is null then 'no_cost'
            when is_lower_bound <> is_default_lower_bound then 'floor_beside_whole'
            when not has_same_phases then 'other_phases_priced'
        end as difference_missing_reason,
        difference_missing_reason is null as is_compared,
    from converted
)

select
    scenario_id,
    model_id,
    scope,
    price_basis,
    scenario_label,
    model_name,
    cost_low_usd,
    cost_mid_usd,
    cost_high_usd,
    default_cost_usd,
    if(is_compared, cost_mid_usd - default_cost_usd, null)::decimal(18, 2) as difference_usd,
    if(is_compared, cost_mid_usd::double / nullif(default_cost_usd::double, 0), null) as cost_ratio,
    difference_missing_reason,
    dollars_of_year,
    price_index_id,
    index_vintage_on,
    deflator_ratio,
    default_deflator_ratio,
    is_changed,
    is_lower_bound,
    is_default_lower_bound,
    list_concat(
        coalesce(scenario_flags, []),
        if(dollars_of_year is null, [], ['scenario_dollars'])
    ) as changed_inputs,
    scope_note,
    if(has_no_index, coalesce(cost_missing_reason, 'no_price_index'), cost_missing_reason) as cost_missing_reason,
from judged
order by scenario_id, model_id, scope, price_basis
