-- No model stands, through weights, on a model that stands on it; the members of a cycle are named.
-- severity: ERROR
with recursive

weights as (
    select distinct
        child_model_id,
        parent_model_id,
    from core.model_lineage
    where relation = 'weights'
),

reached as (
    -- pairs are kept once, so that a cycle ends the walk
    select
        child_model_id as model_id,
        parent_model_id as ancestor_model_id,
    from weights
    union
    select
        reached.model_id,
        weights.parent_model_id as ancestor_model_id,
    from reached
    inner join weights on weights.child_model_id = reached.ancestor_model_id
),

cycles as (
    select
        there.model_id,
        string_agg(there.ancestor_model_id, ', ' order by there.ancestor_model_id) as members,
    from reached as there
    inner join reached as back
        on back.model_id = there.ancestor_model_id and back.ancestor_model_id = there.model_id
    group by all
)

select distinct members,
from cycles
order by members
