-- Where was each number of a model printed, and what was worked out from it? (Change the model in the last lines.)
select
    quantities.phase_id,
    phases.row_role,
    quantities.quantity,
    coalesce(quantities.value, quantities.value_low) as printed_value,
    quantities.value_high as printed_value_high,
    quantities.derivation,
    quantities.confidence,
    sources.title,
    coalesce(quantities.locator, phases.locator, sources.locator) as locator,
    sources.url,
    sources.published_on,
from core.disclosed_quantities as quantities
inner join core.training_phases as phases on phases.phase_id = quantities.phase_id
inner join core.sources as sources on sources.source_id = quantities.source_id
where phases.model_id = 'deepseek-v3'
order by quantities.phase_id, quantities.quantity
