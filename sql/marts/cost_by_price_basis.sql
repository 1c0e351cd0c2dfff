-- How far apart are the price bases: what does the same work cost at a stated price, at rent, used up, and bought?
with

bases as (
    select
        model_id,
        scope,
        max(gpu_hours) as gpu_hours,
        max(cost_mid_usd) filter (where price_basis = 'disclosed') as disclosed_usd,
        max(cost_low_usd) filter (where price_basis = 'rental') as rental_low_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental') as rental_usd,
        max(cost_high_usd) filter (where price_basis = 'rental') as rental_high_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental_spot') as rental_spot_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental_1y') as rental_1y_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental_3y') as rental_3y_usd,
        max(cost_mid_usd) filter (where price_basis = 'rental_now') as rental_now_usd,
        max(cost_low_usd) filter (where price_basis = 'amortized') as amortized_low_usd,
        max(cost_mid_usd) filter (where price_basis = 'amortized') as amortized_usd,
        max(cost_high_usd) filter (where price_basis = 'amortized') as amortized_high_usd,
        max(cost_low_usd) filter (where price_basis = 'purchase') as purchase_low_usd,
        max(cost_mid_usd) filter (where price_basis = 'purchase') as purchase_usd,
        max(cost_high_usd) filter (where price_basis = 'purchase') as purchase_high_usd,
        list(price_basis order by price_basis) filter (
            where is_lower_bound and cost_missing_reason is null
        ) as lower_bound_bases,
        list(price_basis order by price_basis) filter (
            where unpriced_gpu_hours = 0 and cost_missing_reason is null
        ) as wholly_priced_bases,
        bool_or(is_lower_bound) as is_lower_bound,
        bool_or(
            coalesce(gpu_hours, gpu_hours_low, gpu_hours_high) is not null or cost_missing_reason is null
        ) as is_known,
    from core.model_costs
    group by all
)

select
    bases.model_id,
    bases.scope,
    models.name as model_name,
    bases.gpu_hours,
    bases.disclosed_usd,
    bases.rental_low_usd,
    bases.rental_usd,
    bases.rental_high_usd,
    bases.rental_spot_usd,
    bases.rental_1y_usd,
    bases.rental_3y_usd,
    bases.rental_now_usd,
    bases.amortized_low_usd,
    bases.amortized_usd,
    bases.amortized_high_usd,
    bases.purchase_low_usd,
    bases.purchase_usd,
    bases.purchase_high_usd,
    if(
        list_has_all(bases.wholly_priced_bases, ['disclosed', 'rental']),
        (bases.rental_usd / bases.disclosed_usd)::double,
        null
    ) as rental_to_disclosed_ratio,
    if(
        list_has_all(bases.wholly_priced_bases, ['purchase', 'rental']),
        (bases.purchase_usd / bases.rental_usd)::double,
        null
    ) as purchase_to_rental_ratio,
    if(
        list_has_all(bases.wholly_priced_bases, ['amortized', 'rental']),
        (bases.rental_usd / bases.amortized_usd)::double,
        null
    ) as rental_to_amortized_ratio,
    bases.rental_usd::double * deflators.deflator_ratio as rental_usd_2025,
    bases.amortized_usd::double * deflators.deflator_ratio as amortized_usd_2025,
    bases.is_lower_bound,
    coalesce(bases.lower_bound_bases, []) as lower_bound_bases,
from bases
inner join core.models as models on models.model_id = bases.model_id
left join core.deflators as deflators
    on deflators.series_id = 'CPIAUCSL'
    and deflators.to_year = 2025
    and deflators.month_on = date_trunc('month', models.released_on)
where bases.is_known
order by bases.model_id, bases.scope
