-- The last read of every feed was believed; where it was not, prices stay as they were and grow old.
-- severity: WARN
with

last_reads as (
    select
        feed_id,
        read_at,
        status,
        message,
    from quality.feed_reads
    qualify row_number() over (partition by feed_id order by read_at desc) = 1
)

select
    feed_id,
    status,
    read_at,
    message,
from last_reads
where status in ('held', 'refused', 'failed')
order by feed_id
