-- The quotes the ledger knew at the end of a day, usable as they were then.
-- parameters: known_day
with

last_reads as (
    select
        feed_id,
        max(make_timestamp(epoch_us(read_at)))::date as last_read_on,
    from quality.feed_reads
    where
        status in ('changed', 'equal', 'not_modified')
        and epoch_us(read_at) < epoch_us((known_day::date + 1)::timestamp)
    group by feed_id
)

select
    quotes.* exclude (is_usable, has_been_usable, last_seen_on),
    quotes.has_been_usable as is_usable,
    case
        when quotes.last_seen_on is not null
            then greatest(
                quotes.observed_on,
                least(quotes.last_seen_on, coalesce(last_reads.last_read_on, quotes.observed_on))
            )
    end as last_seen_on,
from core.price_quotes as quotes
left join last_reads on last_reads.feed_id = quotes.feed_id
where
    (quotes.observed_on is null or quotes.observed_on <= known_day::date)
    and (quotes.recorded_at is null or epoch_us(quotes.recorded_at) < epoch_us((known_day::date + 1)::timestamp))
    and (quotes.superseded_at is null or epoch_us(quotes.superseded_at) >= epoch_us((known_day::date + 1)::timestamp))
