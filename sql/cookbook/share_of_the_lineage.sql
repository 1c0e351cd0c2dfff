-- How much of a model's hours was spent on the models it stands on, ancestor by ancestor? (A floor has no shares.)
select
    members.model_id,
    models.name,
    members.member_model_id as ancestor_model_id,
    members.distance,
    ancestors.gpu_hours as ancestor_gpu_hours,
    ancestors.cost_mid_usd as ancestor_rental_usd,
    whole.cost_mid_usd as cumulative_rental_usd,
    if(
        whole.gpu_hours_high is null,
        null,
        round((ancestors.gpu_hours / whole.gpu_hours)::double, 4)
    ) as ancestor_hours_share,
    whole.is_lower_bound,
from core.scope_members as members
inner join core.models as models on models.model_id = members.model_id
inner join core.model_costs as ancestors
    on ancestors.model_id = members.member_model_id
    and ancestors.scope = 'own'
    and ancestors.price_basis = 'rental'
inner join core.model_costs as whole
    on whole.model_id = members.model_id
    and whole.scope = 'cumulative'
    and whole.price_basis = 'rental'
where members.scope = 'cumulative' and members.distance > 0
order by ancestor_hours_share desc nulls last, members.model_id, members.member_model_id
