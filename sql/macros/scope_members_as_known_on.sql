-- The models counted in each scope of each model, by the lineage known at the end of a day.
-- parameters: known_day
with recursive

edges as (
    select *
    from core.model_lineage_as_known_on(known_day)
),

own as (
    select model_id
    from core.models_as_known_on(known_day)
),

ancestors as (
    select
        model_id,
        model_id as member_model_id,
    from own
    union
    select
        ancestors.model_id,
        edges.parent_model_id as member_model_id,
    from ancestors
    inner join edges on edges.child_model_id = ancestors.member_model_id
    where edges.counts_in = 'cumulative'
),

effort as (
    select
        model_id,
        model_id as member_model_id,
    from own
    union
    select
        child_model_id as model_id,
        parent_model_id as member_model_id,
    from edges
    where counts_in = 'effort'
)

select
    model_id,
    'own' as scope,
    model_id as member_model_id,
from own
union all
select
    model_id,
    'effort' as scope,
    member_model_id,
from effort
union all
select
    model_id,
    'cumulative' as scope,
    member_model_id,
from (
    select * from effort
    union
    select * from ancestors
)
