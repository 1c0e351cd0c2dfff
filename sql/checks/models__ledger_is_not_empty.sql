-- The ledger holds at least one model: an empty one is a wrong data folder, not an answer.
-- severity: ERROR
with

counted as (
    select count(*) as model_count,
    from core.models
)

select
    model_count,
    'no model was read: check the data folder (--data, COSTLEDGER_DATA) and what was set aside' as remedy,
from counted
where model_count = 0
