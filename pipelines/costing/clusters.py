"""What whole clusters cost, bought: accelerators as `purchase` has them, with servers and network.

`purchase` stays at the quotes of accelerators; this is the figure to set beside what somebody is said to have paid for
machines (docs/methods.md, purchase).
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.makeup import ClusterCosts
from pipelines.contracts.table import UNIT_PRICE, USD, table_of
from pipelines.costing.components import network, with_servers
from pipelines.costing.intervals import Range, named, product
from pipelines.costing.model_costs import grid_of, summed
from pipelines.costing.price_bases.basis import Pricing

ENDS = {"mid": "", "low": "_low", "high": "_high"}


def cluster_costs(
    pricing: Pricing, costs: pl.DataFrame, members: pl.DataFrame, models: pl.DataFrame, disclosure: pl.DataFrame
) -> pl.DataFrame:
    """Clusters summed as `purchase` is: of each developer and accelerator the largest, once.

    Args:
        pricing: as for the costs.
        costs: core.phase_costs.
        members: core.scope_members.
        models: core.models.
        disclosure: result of `disclosure.disclosure_by_scope`.

    Returns:
        core.cluster_costs.
    """
    is_bought = pl.col("price_basis") == "purchase"
    wanted, declared = grid_of(models, members).filter(is_bought), table_of(ClusterCosts)
    rows = summed(members, whole_clusters(pricing, costs.filter(is_bought)), models, disclosure, wanted)
    named_so = rows.rename({f"cost_{end}_usd": f"cluster_{end}_usd" for end in ENDS})
    return named_so.select(pl.col(name).cast(dtype) for name, dtype in declared.dtypes.items()).sort(declared.key)


def whole_clusters(pricing: Pricing, bought: pl.DataFrame) -> pl.DataFrame:
    """Purchase rows of core.phase_costs with servers and network in price and cost, as a product of lognormals."""
    added = network(pricing.constants)
    cluster = Range(*(1 + end for end in (added.mid, added.low, added.high)))

    def whole(names: list[str]) -> Range:
        return product(Range(*(pl.col(name).cast(pl.Float64) for name in names)), named("servers"), cluster)

    prices, costs = [f"unit_price{end}_usd_per_gpu" for end in ENDS.values()], [f"cost_{end}_usd" for end in ENDS]
    price, cost = whole(prices), whole(costs)
    return (
        bought.lazy()
        .join(with_servers(pricing), on="phase_id", how="left")
        .with_columns(
            *(
                getattr(price, end).round(UNIT_PRICE.scale).cast(UNIT_PRICE).alias(name)
                for end, name in zip(ENDS, prices, strict=True)
            ),
            cost.mid.round(USD.scale).cast(USD).alias("cost_mid_usd"),
            cost.low.alias("cost_low_usd"),
            cost.high.alias("cost_high_usd"),
            pl.col("flags").list.eval(pl.element().replace("bare_card_price", "server_overhead_added")),
        )
        .select(bought.columns)
        .collect()
    )
