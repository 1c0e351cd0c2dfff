"""Nothing was lost when the facts became `data/`: every cell of every row is found where it went.

Belongs here: the comparison of `../shared/facts` with what was converted from it, and only that.
Does not belong here: whether the facts are right, and whether `data/` obeys its contracts.

The facts lie outside the repository; where they are absent the whole module is skipped.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
FACTS = ROOT.parent / "shared" / "facts"

pytestmark = pytest.mark.skipif(
    not FACTS.is_dir(), reason=f"the facts that data/ was converted from are not here: {FACTS}"
)

Row = dict[str, str]
Key = tuple[str, ...]

# Columns of the facts that have another name in `data/` (a dot stands for nesting); all others keep theirs.
MODEL = {"release_date": "released_on"}
PHASE = {
    "gpu_hours": "gpu_hours.value",
    "gpu_hours_low": "gpu_hours.low",
    "gpu_hours_high": "gpu_hours.high",
    "gpu_count": "gpu_count.value",
    "wall_clock_hours": "wall_clock_hours.value",
    "tokens_low": "tokens.low",
    "tokens_high": "tokens.high",
    "flop": "training_compute_flop.value",
    "stated_price_usd_per_gpu_hour": "stated_price_usd_per_gpu_hour.value",
    "stated_price_source_id": "stated_price_usd_per_gpu_hour.source_id",
}
EDGE = {"counts_in_cumulative_cost": "counts_in"}
HARDWARE = {
    "release_date": "released_on",
    "peak_bf16_flops": "peak_bf16_flop_per_s",
    "peak_fp8_flops": "peak_fp8_flop_per_s",
    "server_size": "accelerators_per_server",
}
DISCLOSURE_SOURCE = {
    "authors_or_publisher": "publisher",
    "published_date": "published_on",
    "how_checked": "checked",
}
PRICE_SOURCE = {"canonical_url": "url", "how_read": "checked", "date_or_range": "date_range"}
CLAIM = {
    "claimed_usd_low": "claimed_low_usd",
    "claimed_usd_high": "claimed_high_usd",
    "what_the_claimant_said_it_covers": "what_it_says",
    "scope": "claimed_scope",
    "claim_date": "claimed_on",
}
PRICE = {
    "verification": "confidence",
    "usable": "is_usable",
    "quality_flags": "flags",
    "evidence": "locator",
    "notes": "note",
    "observed_at": "observed_on",
    "vintage_date": "vintage_on",
}
"""Renamed in every table of prices."""

NUMBERS = frozenset(
    {
        "total_params",
        "active_params",
        "gpu_hours.value",
        "gpu_hours.low",
        "gpu_hours.high",
        "gpu_count.value",
        "wall_clock_hours.value",
        "tokens.low",
        "tokens.high",
        "training_compute_flop.value",
        "stated_price_usd_per_gpu_hour.value",
        "memory_gib",
        "tdp_w",
        "peak_bf16_flop_per_s",
        "peak_fp8_flop_per_s",
        "accelerators_per_server",
        "purchase_price_low_usd",
        "purchase_price_high_usd",
        "server_price_usd",
        "claimed_low_usd",
        "claimed_high_usd",
    }
)
"""Keys that YAML must read as numbers; all others but `DATES` must be read as text."""

DATES = frozenset({"released_on", "published_on", "claimed_on"})

COUNTS_IN = {"yes": "cumulative", "included_in_headline": "effort", "no": "none"}

DISCLOSURE_LICENCE = {
    "licence": "facts cited",
    "licence_note": "figures quoted as facts with citation; the document stays under its publisher's terms",
}
"""What every disclosure source says of its licence; the facts say nothing."""

COVERS_MODELS = {"code-llama-2023-family": ["code-llama-7b", "code-llama-13b", "code-llama-34b"]}


@dataclass(frozen=True)
class Prices:
    """A table of `facts/prices` and the file of `data/prices` it became."""

    facts: str
    ours: str
    key: Key
    renamed: dict[str, str]
    left_out: int = 0


PRICES = (
    Prices(
        "rental_prices",
        "rental_quotes",
        ("quote_id",),
        {
            "observation_id": "quote_id",
            "pricing_model": "pricing_category",
            "usd_per_accelerator_hour": "list_unit_price_usd_per_gpu_hour",
        },
        left_out=51,
    ),
    Prices(
        "purchase_prices",
        "purchase_quotes",
        ("quote_id",),
        {
            "observation_id": "quote_id",
            "product": "sku",
            "price_usd_per_accelerator": "list_unit_price_usd_per_gpu",
            "accelerators_in_product": "accelerator_count",
            "currency_of_source": "currency",
        },
    ),
    Prices(
        "token_prices",
        "token_prices",
        ("quote_id",),
        {
            "observation_id": "quote_id",
            "model_id_as_published": "model_as_published",
            "alias": "is_alias",
            "input_usd_per_mtok": "input_usd_per_million_tokens",
            "cached_input_usd_per_mtok": "cached_input_usd_per_million_tokens",
            "output_usd_per_mtok": "output_usd_per_million_tokens",
        },
        left_out=16,
    ),
    Prices(
        "electricity_prices",
        "electricity_prices",
        ("observation_id",),
        {"vintage_date": "vintage", "value": "price", "unit": "unit_as_published"},
        left_out=127,
    ),
    Prices(
        "price_index",
        "price_index",
        ("series_id", "observed_on", "vintage_on"),
        {"observation_date": "observed_on", "value": "index_value", "units": "unit_as_published"},
    ),
    Prices(
        "fx_rates",
        "exchange_rates",
        ("observed_on", "base_currency", "quote_currency"),
        {"date": "observed_on", "base": "base_currency", "quote": "quote_currency"},
    ),
)

ACCELERATOR = ("accelerator", "accelerator_memory_gb", "form_factor")

SINGLE_FACTS = frozenset({"src_statista", "src_qery"})
"""Sources whose terms forbid a copy; the one or two figures taken from them are quoted as facts."""


def _read_csv(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def _facts(name: str) -> list[Row]:
    """The rows of `facts/<name>.csv`."""
    return _read_csv(FACTS / f"{name}.csv")


@cache
def _yaml(name: str) -> Any:
    """What a reader of `data/<name>.yaml` gets."""
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def _disclosures() -> list[dict[str, Any]]:
    """Every file of `data/disclosures`, each named after its model."""
    names = sorted(path.stem for path in (DATA / "disclosures").glob("*.yaml"))
    documents = [_yaml(f"disclosures/{name}") for name in names]
    assert [document["model_id"] for document in documents] == names
    return documents


def _flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined by a dot."""
    flat: dict[str, Any] = {}
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _our_rows(part: str, model_key: str) -> list[dict[str, Any]]:
    """The items of one list (`phases`, `built_on`) of all disclosures, each with the model it stands in."""
    return [
        {model_key: document["model_id"], **_flat(item)}
        for document in _disclosures()
        for item in document.get(part, ())
    ]


FLOORS = {"phi-4-multimodal__continued_pretraining": {"tokens.high": ""}}
"""Where the note of a fact says that there were more tokens than the fact counts: speech, as hours."""


def _renamed(rows: Iterable[Row], names: Mapping[str, str]) -> list[Row]:
    """Rows of the facts under our names."""
    return [{names.get(column, column): cell for column, cell in row.items()} for row in rows]


def _without(rows: Iterable[Row], dropped: str) -> list[Row]:
    """Rows of the facts without a column that is not written."""
    return [{column: cell for column, cell in row.items() if column != dropped} for row in rows]


def _indexed(rows: Iterable[Mapping[str, Any]], key: Key) -> dict[Key, Mapping[str, Any]]:
    """Rows by their key, which no two may share."""
    indexed: dict[Key, Mapping[str, Any]] = {}
    for row in rows:
        identity = tuple(row[column] for column in key)
        assert identity not in indexed, f"{identity} stands there twice"
        indexed[identity] = row
    return indexed


def _says(key: str, ours: Any, fact: str) -> bool:
    """Whether a value of ours is the fact's cell: same value and, in YAML, of the right type."""
    if fact == "":
        return ours is None or ours == ""
    if key in NUMBERS:
        is_number = isinstance(ours, int | float) and not isinstance(ours, bool)
        return is_number and Decimal(str(ours)) == Decimal(fact)
    if key in DATES:
        return isinstance(ours, date | str) and str(ours) == fact
    return isinstance(ours, str) and ours == fact


def _differences(
    ours: Iterable[Mapping[str, Any]],
    facts: Iterable[Row],
    key: Key,
    may_be_filled: Collection[str] = (),
) -> list[str]:
    """One line per fact that is not in `data/`, and per cell that is not the same; `data/` may grow beyond the facts.

    Args:
        ours: rows of `data/`.
        facts: rows of the facts under our keys.
        key: the keys that identify a row.
        may_be_filled: keys that may have a value where the facts have none.
    """
    our_rows, fact_rows = _indexed(ours, key), _indexed(facts, key)
    found = [f"{identity}: not in data/" for identity in fact_rows.keys() - our_rows.keys()]
    for identity in fact_rows.keys() & our_rows.keys():
        for column, fact in fact_rows[identity].items():
            value = our_rows[identity].get(column)
            is_free = fact == "" and column in may_be_filled
            if not is_free and not _says(column, value, fact):
                found.append(f"{identity} {column}: {value!r}, the facts say {fact!r}")
    return sorted(found)


def _assert_none(found: Collection[str]) -> None:
    assert not found, f"{len(found)} differences from the facts:\n" + "\n".join(found)


def _sources_left_out() -> set[str]:
    """Price sources whose licence does not let their rows be copied."""
    unstated = {"none seen", "none seen in the repository", "not stated"}
    return {
        source["source_id"]
        for source in _facts("prices/sources")
        if source["licence"] in unstated or source["licence"].startswith("site terms")
    } - SINGLE_FACTS


def test_every_file_of_the_facts_is_compared() -> None:
    """A file added to the facts is converted or named here; `mfu_check` repeats what can be computed."""
    compared = {
        *(f"disclosures/{name}" for name in ("models", "phases", "lineage", "hardware", "sources", "claims")),
        *(f"prices/{name}" for name in ("sources", "accelerator_map", "price_proxies")),
        *(f"prices/{prices.facts}" for prices in PRICES),
    }
    present = {path.relative_to(FACTS).with_suffix("").as_posix() for path in FACTS.rglob("*.csv")}
    assert present == compared | {"disclosures/mfu_check"}


def test_models() -> None:
    """236 models; `base_model_id` is not written, being one of the parents in weights."""
    facts = _without(_facts("disclosures/models"), "base_model_id")
    assert len(facts) == 236
    _assert_none(_differences(_disclosures(), _renamed(facts, MODEL), ("model_id",)))


def test_phases() -> None:
    """244 phases, each in the file of its model."""
    facts, ours = _facts("disclosures/phases"), _our_rows("phases", "model_id")
    assert len(facts) == 244
    rows = [row | FLOORS.get(row["phase_id"], {}) for row in _renamed(facts, PHASE)]
    _assert_none(_differences(ours, rows, ("phase_id",)))


def test_lineage() -> None:
    """70 edges, each in the file of the child."""
    facts, ours = _facts("disclosures/lineage"), _our_rows("built_on", "child_model_id")
    assert len(facts) == 70
    edges = [row | {"counts_in": COUNTS_IN[row["counts_in"]]} for row in _renamed(facts, EDGE)]
    _assert_none(_differences(ours, edges, ("child_model_id", "parent_model_id", "relation")))


def test_base_model_is_a_parent_in_weights() -> None:
    """The base the facts name is among our parents in weights; a model without a base has none."""
    parents = defaultdict(list)
    for edge in _our_rows("built_on", "child_model_id"):
        if edge["relation"] == "weights":
            parents[edge["child_model_id"]].append(edge["parent_model_id"])
    bases = {row["model_id"]: row["base_model_id"] for row in _facts("disclosures/models")}
    _assert_none(
        [
            f"{model_id}: parents in weights {parents[model_id]}, the facts say base {base!r}"
            for model_id, base in bases.items()
            if base not in (parents[model_id] or [""])
        ]
    )


def test_covers_models() -> None:
    """Only the Code Llama family prints one figure for several models."""
    ours = {
        document["model_id"]: document["covers_models"] for document in _disclosures() if "covers_models" in document
    }
    assert ours == COVERS_MODELS


def test_hardware() -> None:
    """39 accelerators."""
    facts, ours = _renamed(_facts("disclosures/hardware"), HARDWARE), _yaml("reference/hardware")
    assert len(facts) == 39
    _assert_none(_differences(ours, facts, ("hardware_id",)))


def test_sources() -> None:
    """174 sources of disclosures, then 34 of prices, under one set of keys; more may follow."""
    disclosures = _renamed(_facts("disclosures/sources"), DISCLOSURE_SOURCE)
    prices = _renamed(_facts("prices/sources"), PRICE_SOURCE)
    for row in prices:  # a remark of whoever gathered the facts, which says nothing about the source
        row["licence_note"] = row["licence_note"].removesuffix(" (from the brief)")
    assert (len(disclosures), len(prices)) == (174, 34)
    facts = [row | DISCLOSURE_LICENCE | {"date_range": "", "used_in": ""} for row in disclosures]
    facts += [row | {"published_on": "", "locator": ""} for row in prices]
    _assert_none(_differences(_yaml("reference/sources"), facts, ("source_id",)))


def test_claims() -> None:
    """56 claims; what a claim covers may be filled in where the facts leave it open."""
    facts = _renamed(_facts("disclosures/claims"), CLAIM)
    ours = [
        claim | {"covers_phase_ids": " ".join(claim.get("covers_phase_ids") or ())}
        for claim in _yaml("corrections/claims")
    ]
    assert len(facts) == 56
    _assert_none(
        _differences(
            ours,
            facts,
            ("claim_id",),
            may_be_filled={"covers_phase_ids", "covers_scope", "compared_on_basis"},
        )
    )


def test_accelerator_map() -> None:
    """The map as the facts have it, without the number of quotes, which the quotes tell; names of feeds were added."""
    facts = _without(_facts("prices/accelerator_map"), "quotes")
    labels = {tuple(row[column] for column in ACCELERATOR) for row in facts}
    every = _read_csv(DATA / "reference" / "accelerator_map.csv")
    ours = [row for row in every if tuple(row[column] for column in ACCELERATOR) in labels]
    _assert_none(_differences(ours, facts, ACCELERATOR))


def test_number_of_quotes_per_accelerator_can_be_recounted() -> None:
    """The column that was dropped is the number of rental and purchase rows."""
    quotes = Counter(
        tuple(row[column] for column in ACCELERATOR)
        for name in ("prices/rental_prices", "prices/purchase_prices")
        for row in _facts(name)
    )
    stated = {
        tuple(row[column] for column in ACCELERATOR): int(row["quotes"]) for row in _facts("prices/accelerator_map")
    }
    assert quotes == stated


def test_price_proxies() -> None:
    """The proxies as the facts have them."""
    facts, ours = _facts("prices/price_proxies"), _read_csv(DATA / "reference" / "price_proxies.csv")
    _assert_none(_differences(ours, facts, ("hardware_id",)))


def test_provider_map_names_every_provider_once() -> None:
    """Each spelling of the rental prices has one name, and a spelling that is a name keeps it."""
    ours = _read_csv(DATA / "reference" / "provider_map.csv")
    names = {row["provider_as_published"]: row["provider"] for row in ours}
    assert len(names) == len(ours)
    assert names.keys() >= {row["provider"] for row in _facts("prices/rental_prices")}
    assert all(names.values())
    assert not {name: names[name] for name in names.values() if names.get(name, name) != name}


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("AWS", {"AWS", "Amazon Web Services"}),
        ("AWS China", {"AWS China"}),
        ("Google Cloud", {"GCP", "Google Cloud"}),
        ("Azure", {"Azure", "Microsoft Azure"}),
        ("Lambda", {"Lambda", "lambda", "Lambda Labs", "lambdalabs"}),
        ("Verda", {"Datacrunch", "datacrunch", "verda"}),
        ("RunPod", {"RunPod", "RunPod.io", "runpod"}),
        ("Nebius", {"Nebius", "nebius"}),
        ("Jarvislabs", {"Jarvislabs", "jarvis-labs"}),
        ("Latitude.sh", {"Latitude.sh", "latitude"}),
        ("Oblivus", {"Oblivus Cloud", "oblivus"}),
        ("Vast.ai", {"vast-ai", "vast.ai"}),
    ],
)
def test_spellings_of_one_company_share_its_name(name: str, spellings: set[str]) -> None:
    """Spellings of one company, and no others, are mapped to its name."""
    ours = _read_csv(DATA / "reference" / "provider_map.csv")
    assert {row["provider_as_published"] for row in ours if row["provider"] == name} == spellings


def test_sources_left_out_for_their_licence() -> None:
    """Four price sources do not let their rows be copied."""
    assert _sources_left_out() == {"src_skypilot", "src_llm_prices", "src_ejparajon", "src_ycharts"}


@pytest.mark.parametrize("prices", PRICES, ids=lambda prices: prices.ours)
def test_prices(prices: Prices) -> None:
    """All rows and cells stand first, verbatim and in order, but those of the sources left out; newer ones follow."""
    facts = _renamed(_facts(f"prices/{prices.facts}"), PRICE | prices.renamed)
    kept = [row for row in facts if row["source_id"] not in _sources_left_out()]
    ours = _read_csv(DATA / "prices" / f"{prices.ours}.csv")
    assert list(ours[0]) == list(facts[0])
    assert len(facts) - len(kept) == prices.left_out
    _assert_none(_differences(ours, kept, prices.key))
    assert ours[: len(kept)] == kept


@pytest.mark.parametrize(("source_id", "rows"), [("src_statista", 2), ("src_qery", 1)])
def test_single_facts_stay(source_id: str, rows: int) -> None:
    """A figure or two quoted with citation is no copy of its source."""
    ours = _read_csv(DATA / "prices" / "electricity_prices.csv")
    assert sum(row["source_id"] == source_id for row in ours) == rows
