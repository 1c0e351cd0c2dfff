-- Which fine-tunes took more than a third of the compute of the model they were built on, as the EU counts a new model?
select
    model_name,
    base_model_id,
    training_compute_flop,
    reference_compute_flop,
    compute_low_ratio,
    compute_ratio,
    compute_high_ratio,
    is_above,
    missing_reason,
    compute_method,
from marts.regulatory_ratios
where rule_id = 'eu-modification-third' and compute_ratio is not null
order by compute_ratio desc, model_name
