-- What does a model of Epoch's cost by the published method and by the ledger's own rules, and why do they differ?
with

published as (
    select
        model_name,
        price_basis,
        method_id,
        published_method_cost_usd,
        published_method_cost_usd_2025_06,
        cost_missing_reason,
        method_gpu_hours,
        price_observed_on,
        flags,
    from core.published_method_costs
    where method_id = 'cottier-2024'
),

default_costs as (
    select
        model_name,
        price_basis,
        cost_low_usd,
        cost_mid_usd,
        cost_high_usd,
        cost_missing_reason,
        gpu_hours,
        price_observed_on,
        flags,
    from core.epoch_costs
    where price_basis in ('amortized', 'purchase', 'rental')
),

both_sides as (
    select
        models.model_name,
        coalesce(published.price_basis, default_costs.price_basis) as price_basis,
        models.model_id,
        models.published_on,
        models.chip_names,
        published,
        default_costs,
        published.published_method_cost_usd as published_usd,
        default_costs.cost_mid_usd as default_usd,
    from published
    full join default_costs
        on default_costs.model_name = published.model_name and default_costs.price_basis = published.price_basis
    inner join core.epoch_models as models
        on models.model_name = coalesce(published.model_name, default_costs.model_name)
    where published_usd is not null or default_usd is not null
),

explained as (
    select
        model_name,
        price_basis,
        list(reason order by abs(ln(cost_ratio)) desc nulls last, reason) as reasons,
    from marts.method_differences
    group by all
),

reasoned as (
    select
        both_sides.*,
        case
            when published_usd is null and published.method_id is null then ['not_selected']
            when published_usd is null then [
                case published.cost_missing_reason
                    when 'has_base_model' then 'base_model_left_out'
                    when 'several_chips' then 'chip_list_left_out'
                    else 'no_published_input'
                end
            ]
            when default_usd is null then [
                case
                    when len(chip_names) = 0 then 'imputed_chip'
                    when default_costs.cost_missing_reason = 'no_price' then 'no_price_at_start'
                    else 'no_default_input'
                end
            ]
            else coalesce(explained.reasons, ['constants'])
        end as reasons,
    from both_sides
    left join explained
        on explained.model_name = both_sides.model_name and explained.price_basis = both_sides.price_basis
)

select
    reasoned.model_name,
    reasoned.price_basis,
    reasoned.model_id,
    reasoned.published_on,
    reasoned.published_usd as published_method_cost_usd,
    reasoned.published.published_method_cost_usd_2025_06,
    reasoned.default_usd as default_method_cost_usd,
    reasoned.default_costs.cost_low_usd as default_low_usd,
    reasoned.default_costs.cost_high_usd as default_high_usd,
    reasoned.default_usd::double / reasoned.published_usd as default_to_published_ratio,
    array_to_string(reasoned.reasons, '; ') as difference_reason,
    if(reasoned.published_usd is null, reasoned.published.cost_missing_reason, null) as published_missing_reason,
    if(
        reasoned.default_usd is null,
        coalesce(reasoned.default_costs.cost_missing_reason, 'hardware_unknown'),
        null
    ) as default_missing_reason,
    reasoned.published.method_gpu_hours as published_gpu_hours,
    reasoned.default_costs.gpu_hours as default_gpu_hours,
    reasoned.published.price_observed_on as published_price_observed_on,
    reasoned.default_costs.price_observed_on as default_price_observed_on,
    ledger.cost_mid_usd as ledger_cost_usd,
    coalesce(reasoned.published.flags, []) as published_flags,
    coalesce(reasoned.default_costs.flags, []) as default_flags,
from reasoned
left join core.model_costs as ledger
    on ledger.model_id = reasoned.model_id
    and ledger.price_basis = reasoned.price_basis
    and ledger.scope = 'own'
order by reasoned.model_name, reasoned.price_basis
