-- By what factor does the cost of training grow in a year, at the frontier and over all models trained from nothing?
with

method as (
    select
        coalesce(
            max(value) filter (where constant_id = 'least_trend_models'),
            error('data/reference/methods.yaml: method ''ledger'' has no constant ''least_trend_models'': restore it')
        ) as least_models,
        max(value) filter (where constant_id = 'published_cost_growth_ratio') as published_ratio,
        max(value) filter (where constant_id = 'published_cost_growth_low_ratio') as published_low_ratio,
        max(value) filter (where constant_id = 'published_cost_growth_high_ratio') as published_high_ratio,
        max(source_id) filter (where constant_id = 'published_cost_growth_ratio') as published_source_id,
    from core.method_constants
    where method_id = 'ledger'
),

points as (
    select
        model_set,
        price_basis,
        released_on,
        date_diff('day', date '2000-01-01', released_on) / 365.25 as year,
        if(is_counted and (is_frontier or model_set = 'from_scratch'), ln(cost_mid_usd::double), null) as log_cost,
    from marts.frontier_costs
    cross join (values ('frontier'), ('from_scratch')) as sets (model_set)
),

fits as (
    -- ordinary least squares; a pair without a cost is left out of every sum
    select
        model_set,
        price_basis,
        regr_count(log_cost, year)::bigint as model_count,
        min(released_on) filter (where log_cost is not null) as first_released_on,
        max(released_on) filter (where log_cost is not null) as last_released_on,
        regr_slope(log_cost, year) as slope,
        least(regr_r2(log_cost, year), 1) as fit_ratio,  -- of points on a line, rounding may make it more
        regr_sxx(log_cost, year) as sxx,
        greatest(regr_syy(log_cost, year) - regr_sxy(log_cost, year) ** 2 / regr_sxx(log_cost, year), 0) as residual,
    from points
    group by all
),

told as (
    select
        *,
        model_count >= method.least_models and sxx > 0 as is_told,
        sqrt(residual / (model_count - 2) / sxx) as standard_error,
        model_count - 2 as freedom,
        -- the 95% point of the normal distribution
        1.6448536269514722::double as z,
    from fits
    cross join method
),

quantiles as (
    -- the 95% point of the t distribution: Abramowitz and Stegun, formula 26.7.5, within 0.2% from 3 degrees on
    select
        *,
        z
        + (z ** 3 + z) / 4 / freedom
        + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 / freedom ** 2
        + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 / freedom ** 3
        + (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 / freedom ** 4 as t,
    from told
)

select
    model_set,
    price_basis,
    model_count,
    first_released_on,
    last_released_on,
    if(is_told, exp(slope), null) as growth_per_year_ratio,
    if(is_told, exp(slope - t * standard_error), null) as growth_per_year_low_ratio,
    if(is_told, exp(slope + t * standard_error), null) as growth_per_year_high_ratio,
    if(is_told, fit_ratio, null) as explained_variance_share,
    published_ratio as published_growth_per_year_ratio,
    published_low_ratio as published_growth_per_year_low_ratio,
    published_high_ratio as published_growth_per_year_high_ratio,
    published_source_id,
    if(is_told, null, 'too_few_models') as missing_reason,
from quantiles
order by model_set, price_basis
