-- What would experiments and staff add to each cost, where a source gives a multiplier? Optional lines, in no cost.
with

constants as (
    select
        constant_id,
        value,
        value_low,
        value_high,
    from core.method_constants
    where method_id = 'ledger' and constant_id in ('experiments_factor_ratio', 'staff_share_ratio')
),

costs as (
    select
        model_id,
        scope,
        price_basis,
        cost_mid_usd,
        is_lower_bound,
    from core.model_costs
    where cost_mid_usd is not null and price_basis not in ('rental_now', 'purchase') and scope <> 'effort'
),

experiments as (
    select
        costs.*,
        'experiments' as left_out,
        cost_mid_usd::double * (value_low - 1) as line_low_usd,
        cost_mid_usd::double * (value - 1) as line_mid_usd,
        cost_mid_usd::double * (value_high - 1) as line_high_usd,
        format('${:,.2f} x ({:g} - 1)', cost_mid_usd::double, value) as arithmetic,
    from costs
    inner join constants on constants.constant_id = 'experiments_factor_ratio'
),

staff as (
    -- a share of the whole, beside compute with its experiments: published of amortised cost, and no more on another
    select
        costs.*,
        'staff' as left_out,
        cost_mid_usd::double * factor.value * share.value / (1 - share.value) as line_mid_usd,
        line_mid_usd * exp(-sqrt(
            ln(factor.value / factor.value_low) ** 2
            + ln(share.value / (1 - share.value) / (share.value_low / (1 - share.value_low))) ** 2
        )) as line_low_usd,
        line_mid_usd * exp(sqrt(
            ln(factor.value_high / factor.value) ** 2
            + ln(share.value_high / (1 - share.value_high) / (share.value / (1 - share.value))) ** 2
        )) as line_high_usd,
        format('${:,.2f} x {:g} x {:g} / (1 - {:g})', cost_mid_usd::double, factor.value, share.value, share.value)
            as arithmetic,
    from costs
    inner join constants as factor on factor.constant_id = 'experiments_factor_ratio'
    inner join constants as share on share.constant_id = 'staff_share_ratio'
    where costs.price_basis = 'amortized'
),

lines as (
    from experiments
    union all by name
    from staff
)

select
    model_id,
    scope,
    price_basis,
    left_out,
    cost_mid_usd as cost_usd,
    round(line_low_usd, 2) as line_low_usd,
    round(line_mid_usd, 2) as line_mid_usd,
    round(line_high_usd, 2) as line_high_usd,
    is_lower_bound,
    arithmetic,
from lines
order by model_id, scope, price_basis, left_out
