-- What do the scenarios change: for how many models, by what factor, and for which most?
select
    scenario_label,
    price_basis,
    count(*) as changed_count,
    round(median(cost_ratio), 2) as median_ratio,
    round(min(cost_ratio), 2) as least_ratio,
    round(max(cost_ratio), 2) as greatest_ratio,
    arg_max(model_name, abs(ln(cost_ratio))) as most_changed,
from marts.scenario_costs
where scope = 'own' and is_changed and cost_ratio is not null
group by all
order by scenario_label, price_basis
