"""The ledger as text that a reviewer reads: every model's costs, and the seed story with its arithmetic.

Belongs here: how figures are written. Does not belong here: any figure, and any rule of costing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pipelines.contracts.core import Models, PhaseCosts, TrainingPhases
from pipelines.contracts.vocabulary import COST_FLAG, COST_SCOPE, PRICE_BASIS

if TYPE_CHECKING:
    from tests.data.conftest import RealLedger

Row = dict[str, Any]

SHORT_FLAGS = {
    "range_disclosed": "range",
    "one_sided": "one-end",
    "assumed_utilization": "flop",
    "assumed_start": "start",
    "assumed_run_time": "time",
    "implausible_utilization": "mfu",
    "hours_conflict": "hours?",
    "start_after_release": "late-start",
    "future_release": "future",
    "stale_price": "stale",
    "thin_price": "thin",
    "thinned_panel": "panel",
    "proxy_price": "proxy",
    "later_price": "later",
    "estimated_price": "est-price",
    "bare_card_price": "bare",
    "server_overhead_added": "+server",
    "assumed_energy": "energy?",
    "assumed_country": "country",
    "assumed_electricity_price": "kWh?",
    "stale_electricity_price": "stale-kWh",
    "other_year_intensity": "grid-year",
    "world_intensity": "grid?",
    "gpu_count_partly_disclosed": "some-counts",
    "partly_priced": "part-priced",
    "phases_without_quantity": "phase?",
    "restated_base": "restated",
    "third_party_estimate": "3rd-party",
    "base_unknown": "base?",
    "own_hours_not_disclosed": "own?",
    "undisclosed_ancestors": "ancestor?",
    "set_aside": "aside",
    "covers_models": "family",
}
"""Flags as the table writes them; a flag without a short form is written in full."""

COLUMNS = ("model", "scope", "hours", *PRICE_BASIS, "flags")


# ---- figures -------------------------------------------------------------------------------------------------------


def number(value: Decimal | float) -> str:
    """A figure with thousands apart and no trailing zeros: 12,345.6789."""
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".")


def usd(value: Decimal | float) -> str:
    """An amount to the cent: 1,234.50."""
    return f"{value:,.2f}"


def hours_text(row: Row) -> str:
    """Hours of a row: a point, a range, one end, or a floor."""
    low, middle, high = row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]
    if row["is_lower_bound"] and high is None:
        return f">= {number(low if middle is None else middle)}" if (middle or low) else "-"
    if middle is None:
        return f"<= {number(high)}" if high is not None else "-"
    return number(middle) if low == high else f"{number(middle)} ({number(low)} to {number(high)})"


def cost_text(row: Row) -> str:
    """The middle of a cost, or the end that is known; `>=` before a floor."""
    low, middle, high = row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]
    if middle is not None:
        return f">= {usd(middle)}" if row["is_lower_bound"] else usd(middle)
    if low is not None:
        return f">= {usd(low)}"
    return f"<= {usd(high)}" if high is not None else "-"


def flags_text(rows: Iterable[Row]) -> str:
    """Short flags of rows in the order of the vocabulary."""
    raised = {flag for row in rows for flag in row["flags"]}
    return " ".join(SHORT_FLAGS.get(flag, flag) for flag in COST_FLAG if flag in raised)


def aligned(lines: Sequence[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Lines of cells as columns; the columns in `right` are aligned to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    to_the_right = set(right)
    for line in lines:
        cells = (
            cell.rjust(width) if column in to_the_right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


# ---- every model ---------------------------------------------------------------------------------------------------


def model_costs_text(ledger: RealLedger) -> str:
    """Every model's costs: a line for each scope that differs, then the models of which nothing is known."""
    known: list[tuple[str, ...]] = []
    unknown: list[tuple[str, str, str]] = []
    for model_id in ledger.table(Models)["model_id"].sort():
        costs = {scope: [ledger.cost(model_id, scope, basis) for basis in PRICE_BASIS] for scope in COST_SCOPE}
        lines = {scope: cells(rows) for scope, rows in costs.items()}
        if all(line[0] == "-" and set(line[1:-1]) == {"-"} for line in lines.values()):
            rows = costs["cumulative"]
            reasons = {row["cost_missing_reason"] for row in rows}
            unknown.append((model_id, " ".join(sorted(reasons)), flags_text(rows)))
            continue
        for line, scopes in groupby(COST_SCOPE, key=lines.__getitem__):
            shared = tuple(scopes)
            known.append((model_id, "all" if shared == tuple(COST_SCOPE) else "=".join(shared), *line))
    legend = aligned([(short, COST_FLAG[flag]) for flag, short in SHORT_FLAGS.items() if flag in COST_FLAG])
    return "\n".join(
        [
            "Every model in accelerator-hours and USD, one line a scope; scopes with equal figures share a line.",
            "The middle is shown: >= is a floor, <= a ceiling, - is not known. Flags are those of all bases together.",
            "",
            *aligned([COLUMNS, *known], right=range(3, 3 + len(PRICE_BASIS))),
            "",
            "Nothing known: reason, and flags of the cumulative scope",
            "",
            *aligned(unknown),
            "",
            "Flags",
            "",
            *legend,
            "",
        ]
    )


def cells(rows: Sequence[Row]) -> tuple[str, ...]:
    """Hours, the cost on every basis, and flags of one model and scope."""
    return hours_text(rows[0]), *(cost_text(row) for row in rows), flags_text(rows)


# ---- the seed story ------------------------------------------------------------------------------------------------

STORY = ("deepseek-v3", "deepseek-r1-zero", "deepseek-r1")
HEADLINE = Decimal(294_000)


def seed_story_text(ledger: RealLedger) -> str:
    """What R1 is said to have cost, phase by phase, so that a reader can do every sum again."""
    blocks = [["What DeepSeek-R1 cost, and what it is said to have cost"], phases_block(ledger)]
    blocks += [scope_block(ledger, scope) for scope in COST_SCOPE]
    blocks += [headline_block(ledger), purchase_block(ledger)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def phases_block(ledger: RealLedger) -> list[str]:
    """Every phase of the three models: hours x price = cost on each basis that multiplies hours."""
    lines = [("phase", "hours", "", "basis", "USD/h", "USD")]
    for model_id in STORY:
        for phase in sorted(ledger.rows(TrainingPhases, model_id=model_id), key=itemgetter("line")):
            for basis in ("disclosed", "rental", "rental_now", "amortized"):
                cost = ledger.phase_cost(phase["phase_id"], basis)
                first = basis == "disclosed"
                lines.append(
                    (
                        phase["phase_id"] if first else "",
                        number(cost["gpu_hours"]) if first else "",
                        f"= {phase['derivation']}" if first and phase["derivation"] else "",
                        basis,
                        number(cost["unit_price_usd_per_gpu_hour"]),
                        usd(cost["cost_mid_usd"]),
                    )
                )
    return list(aligned(lines, right=(1, 4, 5)))


def scope_block(ledger: RealLedger, scope: str) -> list[str]:
    """The sum of one scope of R1, by member."""
    members = [
        model_id
        for model_id in STORY
        if scope == "cumulative" or model_id == "deepseek-r1" or (scope == "effort" and model_id == "deepseek-r1-zero")
    ]
    total = ledger.cost("deepseek-r1", scope, "disclosed")
    hours = " + ".join(number(ledger.hours(model_id) or 0) for model_id in members)
    block = [f"{scope}: {' + '.join(members)}", f"  {hours} = {number(total['gpu_hours'])} h"]
    for basis in ("disclosed", "rental", "rental_now", "amortized"):
        parts = " + ".join(usd(ledger.cost(model_id, "own", basis)["cost_mid_usd"]) for model_id in members)
        row = ledger.cost("deepseek-r1", scope, basis)
        low, high = usd(row["cost_low_usd"]), usd(row["cost_high_usd"])
        ends = f" (from {low} to {high})" if low != high else ""
        block.append(f"  {basis}: {parts} = {usd(row['cost_mid_usd'])}{ends}")
    return block


def headline_block(ledger: RealLedger) -> list[str]:
    """The printed figure beside the cumulative one."""
    effort, cumulative = (
        ledger.cost("deepseek-r1", scope, "disclosed")["cost_mid_usd"] for scope in ("effort", "cumulative")
    )
    v3 = ledger.cost("deepseek-v3", "own", "disclosed")["cost_mid_usd"]
    return [
        "headline",
        f"  printed {usd(HEADLINE)}; the effort is {usd(effort)}",
        f"  {usd(cumulative)} / {usd(HEADLINE)} = {cumulative / HEADLINE:.2f}",
        f"  share of DeepSeek-V3: {usd(v3)} / {usd(cumulative)} = {100 * v3 / cumulative:.2f}%",
    ]


def purchase_block(ledger: RealLedger) -> list[str]:
    """The cluster bought once, whatever was trained on it."""
    phases = [row for name in STORY for row in ledger.rows(PhaseCosts, model_id=name, price_basis="purchase")]
    block = ["purchase"]
    for row in phases:
        if row["cost_mid_usd"] is None:
            block.append(f"  {row['phase_id']}: {row['cost_missing_reason']}")
            continue
        block.append(
            f"  {row['phase_id']}: {number(row['gpu_count'])} x {number(row['unit_price_usd_per_gpu'])} = "
            f"{usd(row['cost_mid_usd'])} (from {usd(row['cost_low_usd'])} to {usd(row['cost_high_usd'])}), "
            f"quotes of {row['price_observed_on']} for a start on {row['started_on']}: {' '.join(row['flags'])}"
        )
    for scope in COST_SCOPE:
        row = ledger.cost("deepseek-r1", scope, "purchase")
        block.append(
            f"  {scope}: {usd(row['cost_mid_usd'])}, the largest number of each chip that a developer used at once"
        )
    return block
