-- What does a model of Epoch's cost by the published method and by the ledger's own rules, and why do they differ?
with

bases as (
    select unnest(['amortized', 'purchase', 'rental']) as price_basis
),

both_sides as (
    select
        models.model_name,
        bases.price_basis,
        models.model_id,
        models.published_on,
        models.chip_names,
        models.base_models,
        models.set_aside_cells,
        published,
        default_costs,
        published.published_method_cost_usd as published_usd,
        default_costs.cost_mid_usd as default_usd,
    from core.epoch_models as models
    cross join bases
    left join core.published_method_costs as published
        on published.model_name = models.model_name
        and published.price_basis = bases.price_basis
        and published.method_id = 'cottier-2024'
    left join core.epoch_costs as default_costs
        on default_costs.model_name = models.model_name and default_costs.price_basis = bases.price_basis
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
