-- The shares of a model's phases in its own cost make one whole.
-- severity: ERROR
select
    model_id,
    price_basis,
    sum(own_cost_share) as summed_share,
from marts.cost_by_phase
where own_cost_share is not null
group by all
having abs(sum(own_cost_share) - 1) > 1e-9
order by model_id, price_basis
