"""What the costs of one model are computed from, out of the published file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.warehouse.published import Published

if TYPE_CHECKING:
    import polars as pl

SUMMED = "('primary', 'context_only')"


def costing_inputs(ledger: Published, model_id: str) -> dict[str, pl.DataFrame]:
    """Tables of the published file that the costs of one model, and of what it stands on, are computed from.

    Returns:
        members, usual (core.model_costs), costs (core.phase_costs), phases (those that are summed), models, lineage,
        rejected, hardware, quotes (usable, of its accelerators and their stand-ins) constants and electricity.
    """
    of_lineage = "(select member_model_id from core.scope_members where model_id = $1 union select $1)"
    used = (
        "(select unnest([hardware_id, price_proxy_hardware_id]) from core.hardware where hardware_id in "
        f"(select hardware_id from core.training_phases where model_id in {of_lineage}))"
    )
    queries = {
        "members": "from core.scope_members where model_id = $1",
        "usual": "from core.model_costs where model_id = $1",
        "costs": f"from core.phase_costs where model_id in {of_lineage}",
        "phases": f"from core.training_phases where row_role in {SUMMED} and model_id in {of_lineage}",
        "models": f"from core.models where model_id in {of_lineage} or len(covers_models) > 0",
        "lineage": f"from core.model_lineage where child_model_id in {of_lineage}",
        "rejected": f"from quality.rejected_rows where model_id in {of_lineage}",
        "hardware": "from core.hardware where $1 is not null",
        "quotes": f"from core.price_quotes where is_usable and hardware_id in {used}",
        "constants": "from core.method_constants where $1 is not null",
        "electricity": "from core.electricity_prices where $1 is not null",
    }
    return {name: ledger.frame(query, [model_id]) for name, query in queries.items()}
