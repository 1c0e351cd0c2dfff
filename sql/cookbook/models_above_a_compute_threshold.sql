-- Which models are above a threshold of a law, and which are too near to it, or too little known, to say?
select
    rule_title,
    count(*) filter (where is_above) as above_count,
    count(*) filter (where not is_above) as below_count,
    count(*) filter (where is_above is null) as unknown_count,
    list(model_name order by compute_ratio desc nulls last, model_name) filter (where is_above)[:5] as largest,
from marts.regulatory_ratios
group by all
order by rule_title
