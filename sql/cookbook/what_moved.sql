-- Which costs moved in the last release that moved any, by how much, and what moved them?
select
    changes.release_id,
    coalesce(models.name, changes.model_id) as model_name,
    changes.scope,
    changes.price_basis,
    changes.change,
    changes.previous_cost_usd,
    changes.cost_usd,
    changes.difference_usd,
    changes.price_part_usd,
    changes.disclosure_part_usd,
    changes.method_part_usd,
    changes.causes,
from history.cost_changes as changes
left join core.models as models on models.model_id = changes.model_id
where changes.release_id = (
    select arg_max(release_id, published_at)
    from history.releases
    where release_id in (select told.release_id from history.cost_changes as told)
)
order by abs(changes.difference_usd) desc nulls last, model_name, changes.scope, changes.price_basis
