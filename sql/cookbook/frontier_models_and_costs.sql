-- Which models were at the frontier when they came out, and what did each cost at the rent of its time?
select
    released_on,
    model_name,
    compute_rank,
    training_compute_flop,
    compute_method,
    cost_low_usd,
    cost_mid_usd,
    cost_high_usd,
    is_counted,
from marts.frontier_costs
where is_frontier and price_basis = 'rental'
order by released_on, model_name
