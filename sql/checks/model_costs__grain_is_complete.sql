-- Every model has exactly one row for each scope and price basis, and no other model has any.
-- severity: ERROR
with

bases as (
    select price_basis,
    from core.phase_costs
    union
    select price_basis,
    from core.model_costs
),

wanted as (
    select
        models.model_id,
        scopes.scope,
        bases.price_basis,
    from core.models as models
    cross join (values ('own'), ('effort'), ('cumulative')) as scopes (scope)
    cross join bases
),

found as (
    select
        model_id,
        scope,
        price_basis,
        count(*) as row_count,
    from core.model_costs
    group by all
)

select
    coalesce(wanted.model_id, found.model_id) as model_id,
    coalesce(wanted.scope, found.scope) as scope,
    coalesce(wanted.price_basis, found.price_basis) as price_basis,
    coalesce(found.row_count, 0) as row_count,
from wanted
full join found
    on found.model_id = wanted.model_id and found.scope = wanted.scope and found.price_basis = wanted.price_basis
where wanted.model_id is null or found.row_count is distinct from 1
order by model_id, scope, price_basis
