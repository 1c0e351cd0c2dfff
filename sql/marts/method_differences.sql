-- What makes the ledger's cost of a model of Epoch's another than the published one, and by what factor?
with

method as (
    select
        max(value) filter (where constant_id = 'price_performance_orders_per_year') as orders_per_year,
        max(value) filter (where constant_id = 'days_per_year') as days_per_year,
        max(value) filter (where constant_id = 'interconnect_share') as interconnect_share,
    from core.method_constants
    where method_id = 'cottier-2024'
),

both_costs as (
    select
        published,
        costs.flags as default_flags,
        costs.started_on,
        costs.price_observed_on,
        costs.unit_price_usd_per_gpu::double as unit_price_usd_per_gpu,
        costs.cost_mid_usd::double / costs.gpu_hours::double as usd_per_gpu_hour,
        costs.gpu_hours::double / published.method_gpu_hours as hours_ratio,
        coalesce(costs.price_observed_on <> published.price_observed_on, false) as is_of_another_day,
        is_of_another_day and list_contains(published.flags, 'look_ahead_price') as is_look_ahead,
    from core.published_method_costs as published
    inner join core.epoch_costs as costs
        on costs.model_name = published.model_name and costs.price_basis = published.price_basis
    where
        published.method_id = 'cottier-2024'
        and published.published_method_cost_usd is not null
        and costs.cost_mid_usd is not null
),

ages as (
    -- days of depreciation, of which only a TPU may have less than none: as published, to our start, from our quote
    select
        both_costs.*,
        inputs,
        greatest(published.started_on - published.available_on, least_days) as published_days,
        greatest(inputs.started_on - published.available_on, least_days) as days_to_default_start,
        greatest(inputs.started_on - inputs.price_observed_on, 0) as default_days,
        method.orders_per_year * ln(10) / method.days_per_year as decline_per_day,
    from (select *, if(contains(published.chip, 'TPU'), null, 0) as least_days from both_costs) as both_costs
    cross join method
    inner join core.epoch_amortized_inputs as inputs on inputs.model_name = both_costs.published.model_name
    where published.price_basis = 'amortized'
),

exchanged as (
    -- hardware and energy of an hour as published, then with one input of the ledger's after the other
    select
        *,
        (published.accelerator_cost_usd + published.server_cost_usd + published.interconnect_cost_usd)
        / published.method_gpu_hours as hardware_0,
        hardware_0 * exp(-decline_per_day * (days_to_default_start - published_days)) as hardware_1,
        hardware_1 * exp(-decline_per_day * (default_days - days_to_default_start)) as hardware_2,
        hardware_2 * inputs.list_price_usd_per_gpu / published.list_price_usd_per_gpu as hardware,
        inputs.tdp_w is not null and inputs.energy_usd_per_kwh is not null as has_energy,
        published.energy_cost_usd / published.method_gpu_hours as energy_0,
        energy_0 * if(has_energy, inputs.tdp_w / published.tdp_w, 1) as energy_1,
        energy_1 * if(has_energy, inputs.energy_usd_per_kwh / published.energy_usd_per_kwh, 1) as energy_2,
        if(
            has_energy, energy_2, hardware * inputs.energy_usd_per_gpu_hour / inputs.hardware_usd_per_gpu_hour
        ) as energy,
    from ages
),

amortized as (
    select
        published.model_name,
        published.price_basis,
        unnest([
            {reason: 'hours', cost_ratio: hours_ratio},
            {reason: 'start', cost_ratio: (hardware_1 + energy_0) / (hardware_0 + energy_0)},
            {reason: 'availability', cost_ratio: (hardware_2 + energy_0) / (hardware_1 + energy_0)},
            {reason: 'list_price', cost_ratio: (hardware + energy_0) / (hardware_2 + energy_0)},
            {
                reason: if(is_look_ahead and abs(hardware / hardware_2 - 1) > 1e-4, 'look_ahead_price', null),
                cost_ratio: null,
            },
            {reason: 'chip_power', cost_ratio: (hardware + energy_1) / (hardware + energy_0)},
            {reason: 'electricity_price', cost_ratio: (hardware + energy_2) / (hardware + energy_1)},
            {reason: 'energy_share', cost_ratio: (hardware + energy) / (hardware + energy_2)},
            {reason: 'constants', cost_ratio: usd_per_gpu_hour / (hardware + energy)}
        ], recursive := true),
    from exchanged
),

purchase as (
    select
        published.model_name,
        published.price_basis,
        unnest([
            {reason: 'list_price', cost_ratio: list_price_ratio},
            {
                reason: if(is_look_ahead and abs(list_price_ratio - 1) > 1e-4, 'look_ahead_price', null),
                cost_ratio: null,
            },
            {
                reason: if(is_bare, 'server_and_network', 'network'),
                cost_ratio: (1 - method.interconnect_share) / overhead_ratio,
            }
        ], recursive := true),
    from (
        select
            *,
            list_contains(default_flags, 'bare_card_price') as is_bare,
            if(is_bare, published.server_overhead_ratio, 1) as overhead_ratio,
            unit_price_usd_per_gpu * overhead_ratio / published.list_price_usd_per_gpu as list_price_ratio,
        from both_costs
        where published.price_basis = 'purchase'
    ) as bought
    cross join method
),

rental as (
    select
        published.model_name,
        published.price_basis,
        unnest([
            {reason: 'hours', cost_ratio: hours_ratio},
            {
                reason: 'commitment_terms',
                cost_ratio: usd_per_gpu_hour / published.method_price_usd_per_gpu_hour,
            },
            {reason: if(is_of_another_day, 'price_day', null), cost_ratio: null},
            {reason: if(is_look_ahead, 'look_ahead_price', null), cost_ratio: null},
            {
                reason: if(is_of_another_day and started_on <> published.started_on, 'start', null),
                cost_ratio: null,
            }
        ], recursive := true),
    from both_costs
    where published.price_basis = 'rental'
)

-- what makes less than a hundredth of a percent is not worth a word
select
    model_name,
    price_basis,
    reason,
    cost_ratio,
from (from amortized union all by name from purchase union all by name from rental)
where reason is not null and coalesce(abs(cost_ratio - 1) > 1e-4, true)
order by model_name, price_basis, reason
