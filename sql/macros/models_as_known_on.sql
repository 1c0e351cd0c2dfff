-- The models that were released, or described in a published source, by the end of a day.
-- parameters: known_day
select models.*
from core.models as models
left join core.sources as sources on sources.source_id = models.source_id
where models.released_on <= known_day::date or sources.published_on <= known_day::date
