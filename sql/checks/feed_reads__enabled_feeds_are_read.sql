-- Every feed that is switched on had a good read within `late_feed_periods` of its periods, so that a dead one is seen.
-- severity: WARN
with

last_good_reads as (
    select
        feed_id,
        max(read_at) as last_good_read_at,
    from quality.feed_reads
    where status in ('changed', 'equal', 'not_modified')
    group by feed_id
),

latest as (
    -- the day is that of the release before this one, for no clock is read
    select
        (select max(as_of_on) from history.releases) as released_for_on,
        (
            select max(value)
            from core.method_constants
            where method_id = 'gates' and constant_id = 'late_feed_periods'
        ) as late_feed_periods,
)

select
    feeds.feed_id,
    reads.last_good_read_at,
    feeds.every_hours,
    latest.released_for_on,
from quality.feeds as feeds
cross join latest
left join last_good_reads as reads on reads.feed_id = feeds.feed_id
where
    feeds.is_enabled
    and released_for_on is not null
    and (
        last_good_read_at is null
        or date_diff('hour', last_good_read_at::timestamp, released_for_on::timestamp) > late_feed_periods * every_hours
    )
order by feeds.feed_id
