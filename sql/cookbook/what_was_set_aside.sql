-- What did validation set aside, table by table, and why?
with

kept as (
    select 'models' as table_name, count(*) as kept_count, from core.models
    union all
    select 'model_lineage' as table_name, count(*) as kept_count, from core.model_lineage
    union all
    select 'training_phases' as table_name, count(*) as kept_count, from core.training_phases
    union all
    select 'price_quotes' as table_name, count(*) as kept_count, from core.price_quotes
    union all
    select 'cost_claims' as table_name, count(*) as kept_count, from core.cost_claims
    union all
    select 'scenarios' as table_name, count(*) as kept_count, from core.scenarios
    union all
    select 'epoch__models' as table_name, count(*) as kept_count, from core.epoch_models
),

set_aside as (
    -- a row may fail on its way to staging or to core: the last part of the name is the same; Epoch's tables are others
    select
        regexp_replace(table_name, if(contains(table_name, '.epoch__'), '^.*\.', '^.*(\.|__)'), '') as table_name,
        count(distinct (file, line)) as set_aside_count,
        list(distinct reason order by reason) as reasons,
    from quality.rejected_rows
    where is_set_aside
    group by all
)

select
    coalesce(kept.table_name, set_aside.table_name) as table_name,
    kept.kept_count,
    coalesce(set_aside.set_aside_count, 0) as set_aside_count,
    coalesce(set_aside.reasons, []) as reasons,
from kept
full join set_aside on set_aside.table_name = kept.table_name
order by set_aside_count desc, table_name
