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
        started_on,
        price_observed_on,
        list_price_usd_per_gpu,
        energy_year,
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
        is_with_base,
        started_on,
        unit_price_usd_per_gpu,
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
        models.base_models,
        models.set_aside_cells,
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

reasoned as (
    select
        *,
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
                    when len(chip_names) = 0 then 'chip_not_named'
                    when default_costs.cost_missing_reason = 'no_price' then 'no_price_at_start'
                    else 'no_default_input'
                end
            ]
            else list_filter(
                [
                    if(list_contains(published.flags, 'imputed_chip'), 'imputed_chip', null),
                    if(
                        price_basis <> 'purchase'
                        and abs(default_costs.gpu_hours::double / published.method_gpu_hours - 1) > 1e-6,
                        'hours',
                        null
                    ),
                    if(default_costs.is_with_base, 'scope', null),
                    if(len(chip_names) > 1, 'several_chips', null),
                    if(default_costs.started_on <> published.started_on, 'start', null),
                    if(list_contains(published.flags, 'look_ahead_price'), 'look_ahead_price', null),
                    if(price_basis = 'rental', 'commitment_terms', null),
                    if(
                        price_basis = 'rental'
                        and default_costs.price_observed_on <> published.price_observed_on,
                        'price_day',
                        null
                    ),
                    if(
                        price_basis = 'purchase'
                        and abs(
                            default_costs.unit_price_usd_per_gpu::double / published.list_price_usd_per_gpu - 1
                        ) > 1e-6
                        or price_basis = 'amortized',
                        'list_price',
                        null
                    ),
                    if(price_basis = 'purchase', 'server_and_network', null),
                    if(
                        price_basis = 'amortized' and year(default_costs.started_on) <> published.energy_year,
                        'energy_year',
                        null
                    ),
                    if(price_basis = 'amortized', 'constants', null),
                    if(len(set_aside_cells) > 0, 'set_aside_input', null)
                ],
                lambda reason: reason is not null
            )
        end as reasons,
    from both_sides
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
