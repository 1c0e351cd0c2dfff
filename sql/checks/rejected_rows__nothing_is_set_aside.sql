-- Every row read was kept: none was set aside or marked.
-- severity: WARN
select
    table_name,
    file,
    line,
    record_id,
    column_name,
    value,
    reason,
from quality.rejected_rows
order by table_name, file, line, column_name
