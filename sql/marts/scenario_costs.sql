-- What would each model cost under each scenario, beside what the ledger says, both in the same dollars?
with

timed as (
    -- in dollars of which month a cost is: of the release of the model, or of the day of the ledger
    select
        costs.*,
        scenarios.label as scenario_label,
        scenarios.dollars_of_year,
        models.name as model_name,
        date_trunc('month', models.released_on)::date as released_month_on,
        costs.price_basis = 'rental_now' as is_default_of_today,
        costs.price_basis = 'rental_now'
        or (costs.price_basis = 'rental' and coalesce(scenarios.rental_terms = 'rental_now', false)) as is_of_today,
    from core.scenario_costs as costs
    inner join core.scenarios as scenarios on scenarios.scenario_id = costs.scenario_id
    inner join core.models as models on models.model_id = costs.model_id
),

beside as (
    select
        timed.*,
        usual.cost_mid_usd as default_cost_usd,
        usual.cost_missing_reason as default_missing_reason,
        -- one row a series: what names the index does not depend on the month
        any_value(coalesce(of_cost.series_id, of_default.series_id)) over (partition by timed.scenario_id)
            as price_index_id,
        any_value(coalesce(of_cost.vintage_on, of_default.vintage_on)) over (partition by timed.scenario_id)
            as index_vintage_on,
        of_cost.deflator_ratio,
        of_default.deflator_ratio as default_deflator_ratio,
        timed.dollars_of_year is not null and of_cost.deflator_ratio is null as has_no_index,
    from timed
    inner join core.model_costs as usual
        on usual.model_id = timed.model_id and usual.scope = timed.scope and usual.price_basis = timed.price_basis
    left join core.scenario_deflators as of_cost
        on of_cost.scenario_id = timed.scenario_id
        and if(timed.is_of_today, of_cost.is_of_release, of_cost.month_on = timed.released_month_on)
    left join core.scenario_deflators as of_default
        on of_default.scenario_id = timed.scenario_id
        and if(timed.is_default_of_today, of_default.is_of_release, of_default.month_on = timed.released_month_on)
    where timed.cost_missing_reason is null or usual.cost_missing_reason is null
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
    (cost_mid_usd - default_cost_usd)::decimal(18, 2) as difference_usd,
    cost_mid_usd::double / nullif(default_cost_usd::double, 0) as cost_ratio,
    dollars_of_year,
    price_index_id,
    index_vintage_on,
    deflator_ratio,
    default_deflator_ratio,
    is_changed,
    is_lower_bound,
    list_concat(
        list_filter(flags, lambda flag: starts_with(flag, 'scenario_')),
        if(dollars_of_year is null, [], ['scenario_dollars'])
    ) as changed_inputs,
    if(has_no_index, coalesce(cost_missing_reason, 'no_price_index'), cost_missing_reason) as cost_missing_reason,
from converted
order by scenario_id, model_id, scope, price_basis
