"""Chips of `cottier-2024`: which one a model is costed with, and at which of its peaks."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.epoch_inputs import StagedEpochHardware
from pipelines.contracts.table import table_of

TPU = "TPU"
SEPARATOR, CELL = ",", pl.col("hardware_cell").fill_null("").str.strip_chars()
"""The cell of the chips as it stands: a comma in it makes a list, whatever is listed."""

PEAK_CELLS = tuple(name for name in table_of(StagedEpochHardware).dtypes if name.startswith("peak_"))


def is_tpu(chip: pl.Expr) -> pl.Expr:
    """Whether a chip is a TPU, which the method tells by its name."""
    return chip.str.contains(TPU, literal=True)


def lost(*cells: str, of: str = "set_aside_cells") -> pl.Expr:
    """Whether one of these cells was emptied because it broke its rule: then it is not that nobody stated it."""
    return pl.col(of).list.set_intersection(list(cells)).list.len() > 0


def commonest_chips(dated: pl.LazyFrame) -> pl.LazyFrame:
    """The chip that stands in for a blank one: the commonest of the calendar year, GPUs before TPUs.

    Cells with several chips count each of them, one named twice twice, and count as TPUs when one of them is; ties go
    to the first in the alphabet.

    Returns:
        year and commonest_chip.
    """
    return (
        dated.select(
            pl.col("published_on").dt.year().alias("year"),
            is_tpu(CELL).alias("is_tpu"),
            CELL.str.split(SEPARATOR).alias("commonest_chip"),
        )
        .explode("commonest_chip")
        .with_columns(pl.col("commonest_chip").str.strip_chars())
        .filter(pl.col("commonest_chip") != "")
        .group_by("year", "is_tpu", "commonest_chip")
        .len()
        .sort("year", "is_tpu", "len", "commonest_chip", descending=[False, False, True, False])
        .unique("year", keep="first", maintain_order=True)
        .select("year", "commonest_chip")
    )


def known_chips(chips: pl.LazyFrame) -> pl.LazyFrame:
    """The table of chips by trimmed name; of a chip that stands twice the first row.

    Where the peak that would be used was emptied there is none: another one's is not what the chip is used at.
    """
    chip = pl.col("chip")
    is_first_tpu = chip.str.contains("TPU v1", literal=True)
    whose = {
        "peak_int8_op_per_s": is_first_tpu,
        "peak_tensor16_flop_per_s": ~is_first_tpu,
        "peak_tf32_flop_per_s": ~is_first_tpu,
        "peak_fp16_flop_per_s": ~is_first_tpu & is_tpu(chip),
        "peak_fp32_flop_per_s": ~is_first_tpu,
    }
    is_there = [pl.when(is_its & (pl.col(name).is_not_null() | lost(name))) for name, is_its in whose.items()]
    peak = pl.coalesce(there.then(pl.lit(name)) for there, name in zip(is_there, whose, strict=True))
    return (
        chips.with_columns(pl.col("hardware_name").str.strip_chars().alias("chip"))
        .with_columns((pl.len().over("chip") > 1).alias("is_listed_twice"))
        .unique("chip", keep="first", maintain_order=True)
        .with_columns(peak.alias("used_peak"))
        .select(
            "chip",
            pl.col("set_aside_cells").alias("emptied_of_chip"),
            (pl.col("set_aside_cells").list.len() > 0).alias("has_emptied_cell"),
            "released_on",
            "tdp_w",
            pl.coalesce(pl.when(pl.col("used_peak") == name).then(name) for name in whose).alias("peak"),
            "is_listed_twice",
            pl.lit(value=True).alias("is_known"),
            "release_price",
        )
    )
