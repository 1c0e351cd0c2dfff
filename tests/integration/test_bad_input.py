"""Bad input, through the whole way: it is told with its place and remedy, it costs nobody else anything, and whatever
happens there is a release to read.

Each mistake has a victim of its own, a model that was published with a cost before, and a child that stands on it. Many
mistakes share one build, and each is asserted by itself.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from pipelines.contracts.vocabulary import COST_SCOPE, PRICE_BASIS
from pipelines.paths import ROOT, DataFolder
from pipelines.refresh import refresh
from pipelines.warehouse.faults import LedgerError
from tests.conftest import AS_OF, PARTS

pytestmark = pytest.mark.integration

MODELS = (
    *("deepseek-r1", "deepseek-r1-zero", "deepseek-v3", "s1-32b", "qwen2-5-32b-instruct", "llama-3-1-70b"),
    *("llama-3-3-70b", "dbrx-132b", "gpt-4", "snowflake-arctic", "zephyr-7b", "mistral-7b", "bloom-176b"),
    *("openelm-3b", "gemma-1-7b"),
)
PRICE = "list_unit_price_usd_per_gpu_hour"
RENTALS, PURCHASES = "prices/rental_quotes.csv", "prices/purchase_quotes.csv"
IDLE = ("token_prices", "exchange_rates", "price_index", "electricity_prices")
"""Tables that no cost depends on; a few rows of them are enough."""

KEY = ["model_id", "scope", "price_basis"]

MODEL = """\
model_id: {id}
name: {id}
developer: Lab of {id}
country: US
released_on: 2025-01-31
total_params: 1000000000
active_params: 1000000000
architecture: dense
domain: language
openness: open_weights
source_id: s1-paper
"""
PHASE = """\
phases:
  - phase_id: {id}__pretraining
    phase: pretraining
    row_role: primary
    hardware_id: {hardware_id}
    disclosed_as: gpu_hours
    source_id: s1-paper
    confidence: verified
    note: A run.
    gpu_hours: {{value: {hours}}}
    gpu_count: {{value: 8}}
    tokens: {{low: 1e9, high: 1e9}}
    stated_price_usd_per_gpu_hour: {{value: 2.00, source_id: s1-paper}}
"""
EDGE = """\
built_on:
  - parent_model_id: {parent}
    relation: weights
    counts_in: cumulative
    source_id: s1-paper
"""


def path_of(folder: Path, model_id: str) -> Path:
    return folder / "disclosures" / f"{model_id}.yaml"


def add_pair(folder: Path, victim: str, hardware_id: str = "h100-sxm") -> None:
    """A model of 100 hours and its child of 10."""
    own = PHASE.format(id=victim, hardware_id=hardware_id, hours=100)
    path_of(folder, victim).write_text(MODEL.format(id=victim) + own, encoding="utf-8")
    child = f"child-of-{victim}"
    more = EDGE.format(parent=victim) + PHASE.format(id=child, hardware_id=hardware_id, hours=10)
    path_of(folder, child).write_text(MODEL.format(id=child) + more, encoding="utf-8")


Change = Callable[[Path, str], None]


def edit(old: str, new: str) -> Change:
    """Replace a text of the victim's file."""

    def change(folder: Path, victim: str) -> None:
        path = path_of(folder, victim)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def rewrite(function: Callable[[bytes], bytes]) -> Change:
    """Make other bytes of the victim's file."""

    def change(folder: Path, victim: str) -> None:
        path = path_of(folder, victim)
        path.write_bytes(function(path.read_bytes()))

    return change


def make_folder(folder: Path, victim: str) -> None:
    path_of(folder, victim).unlink()
    path_of(folder, victim).mkdir()


def copy_model(folder: Path, victim: str) -> None:
    shutil.copy(path_of(folder, victim), path_of(folder, f"copy-of-{victim}"))


def copy_phase(folder: Path, victim: str) -> None:
    phase = PHASE.format(id=victim, hardware_id="h100-sxm", hours=5).partition("\n")[2]
    rewrite(lambda content: content + phase.encode())(folder, victim)


@dataclass(frozen=True)
class Bad:
    """A mistake in a disclosure.

    Attributes:
        name: names its victim.
        change: makes it.
        at: part of the line that is named; None where there is no line.
        says: part of the reason.
        loses: what is set aside: `model` or `phase`; `nothing` where the input is odd and right; `unjudged` where the
            number is out of this world and all that matters is that others are not touched.
    """

    name: str
    change: Change
    at: str | None
    says: str
    loses: str = "phase"

    @property
    def victim(self) -> str:
        return f"victim-{self.name}"

    @property
    def child(self) -> str:
        return f"child-of-{self.victim}"

    @property
    def file(self) -> str:
        return f"disclosures/{self.victim}.yaml"


HOURS, RECORD = "gpu_hours: {value: 100}", "- phase_id"
ALIASES = "a: &a x\nb:\n" + "- *a\n" * 1_000_000

BAD = (
    Bad("key", edit("gpu_hours:", "gpu_hour:"), "gpu_hour:", "unknown key 'gpu_hour'; did you mean 'gpu_hours'?"),
    Bad("model-key", edit("developer:", "develloper:"), "develloper:", "did you mean 'developer'?", "model"),
    Bad("missing", edit("developer:", "# developer:"), "model_id", "developer is missing: write it", "model"),
    Bad("word", edit("row_role: primary", "row_role: primry"), RECORD, "did you mean 'primary'?"),
    Bad("model-word", edit("open_weights", "opn_weights"), "model_id", "did you mean 'open_weights'?", "model"),
    Bad(
        "source", edit("    source_id: s1-paper", "    source_id: s1-papr"), RECORD, "did you mean 's1-paper'?: add the"
    ),
    Bad("hardware", edit("h100-sxm", "h100-smx"), RECORD, "did you mean 'h100-sxm'?: add the accelerator to"),
    Bad("negative", edit(HOURS, "gpu_hours: {value: -100}"), RECORD, "gpu_hours must be"),
    Bad("zero", edit(HOURS, "gpu_hours: {value: 0}"), RECORD, "gpu_hours must be"),
    Bad("text", edit(HOURS, "gpu_hours: about 3M"), RECORD, "about 3M is not a number: write a number"),
    Bad("nan", edit(HOURS, "gpu_hours: NaN"), RECORD, "NaN is not a number"),
    Bad("infinite", edit(HOURS, "gpu_hours: .inf"), RECORD, ".inf is not a number"),
    Bad("large-hours", edit(HOURS, "gpu_hours: 1e15"), RECORD, "1e15 is not a number"),
    Bad("huge-hours", edit(HOURS, "gpu_hours: 1e300"), RECORD, "1e300 is not a number"),
    Bad("huge-price", edit("value: 2.00", "value: 1e14"), RECORD, "1e14 is not a number"),
    Bad("huge-tokens", edit("high: 1e9", "high: 1" + "0" * 30), RECORD, "is not a whole number"),
    Bad(
        "huge-params",
        edit("total_params: 1", "total_params: 10000000000"),
        "model_id",
        "is not a whole number",
        "model",
    ),
    Bad("long-run", edit("gpu_count: {value: 8}", "wall_clock_hours: 1e300"), RECORD, "wall_clock_hours must be"),
    Bad("order", edit(HOURS, "gpu_hours: {low: 110, high: 90}"), RECORD, "gpu_hours_low"),
    Bad("date", edit("2025-01-31", "2024-13-45"), "model_id", "2024-13-45 is not a date as YYYY-MM-DD", "model"),
    Bad("short-year", edit("2025-01-31", "25-01-31"), "model_id", "25-01-31 is not a date as YYYY-MM-DD", "model"),
    Bad("copied-model", copy_model, "model_id", "stands more than once: keep one of them", "model"),
    Bad("copied-phase", copy_phase, RECORD, "stands more than once: keep one of them"),
    Bad("spaces", edit("model_id: victim-spaces", "model_id: victim spaces"), "model_id", "model_id must", "model"),
    Bad("capitals", edit("model_id: victim", "model_id: Victim"), "model_id", "model_id must", "model"),
    Bad("climber", edit("model_id: victim", "model_id: ../victim"), "model_id", "model_id must", "model"),
    Bad("yaml", edit("country: US", "country: [US"), "released_on", "invalid YAML", "model"),
    Bad("tabs", edit("    note: A run.", "\tnote: A run."), "note: A run.", "invalid YAML", "model"),
    Bad("aliases", rewrite(lambda _: ALIASES.encode()), "&a", "anchors and aliases are not used", "model"),
    Bad("latin-1", rewrite(lambda old: old.replace(b"A run", b"Caf\xe9")), "Caf", "not UTF-8: save it as", "model"),
    Bad("empty", rewrite(lambda _: b""), "", "the file is empty", "model"),
    Bad("folder", make_folder, None, "cannot be opened (Is a directory)", "model"),
    Bad("long-note", edit("A run.", "x" * 200_000), None, "", "nothing"),
    Bad("windows", rewrite(lambda old: b"\xef\xbb\xbf" + old.replace(b"\n", b"\r\n")), None, "", "nothing"),
    Bad("empty-list", edit("phases:", "built_on:\nphases:"), None, "", "nothing"),
    Bad("tiny-hours", edit(HOURS, "gpu_hours: {value: 0.0001}"), None, "", "unjudged"),
    Bad("huge-compute", edit(HOURS, "training_compute_flop: {value: 1e40}"), None, "", "unjudged"),
    Bad("large-compute", edit(HOURS, "training_compute_flop: {value: 3e28}"), None, "", "unjudged"),
    Bad("tiny-compute", edit(HOURS, "training_compute_flop: {value: 3.1}"), None, "", "unjudged"),
)
LOST = [bad for bad in BAD if bad.loses in ("model", "phase")]
ODD = [bad for bad in BAD if bad.loses == "nothing"]
PRICED, UNQUOTED = "victim-price", "victim-purchase"
"""Victims of prices, on an accelerator with many rental quotes and none to buy it."""


@dataclass(frozen=True)
class State:
    """What a release says."""

    folder: DataFolder

    def query(self, sql: str) -> pl.DataFrame:
        with duckdb.connect(str(self.folder.ledger), read_only=True) as connection:
            return connection.sql(sql).pl()

    def costs(self, *but_for: str) -> pl.DataFrame:
        """core.model_costs, without the named models."""
        return self.query("from core.model_costs").filter(~pl.col("model_id").is_in(but_for)).sort(KEY)

    def cost(self, model_id: str, scope: str, basis: str = "disclosed") -> dict[str, object] | None:
        row = dict(zip(KEY, (model_id, scope, basis), strict=True))
        found = self.costs().filter(**row).to_dicts()
        return found[0] if found else None

    def rejections(self, file: str) -> list[dict[str, object]]:
        return self.query("from quality.rejected_rows").filter(pl.col("file") == file).to_dicts()

    def is_complete(self) -> bool:
        """Every model has a row for each scope and basis, and no cost is zero."""
        models = self.query("select model_id from core.models").height
        zero = self.query("from core.model_costs where cost_mid_usd = 0 or cost_low_usd = 0 or cost_high_usd = 0")
        return self.costs().height == models * len(COST_SCOPE) * len(PRICE_BASIS) and zero.is_empty()


def build(folder: DataFolder) -> str | None:
    """Build and publish; why not, where it was refused. Nothing but a refusal may be raised."""
    try:
        refresh(folder, AS_OF, force=True)
    except LedgerError as refusal:
        return "; ".join([str(refusal), *getattr(refusal, "faults", ())])
    return None


def line_of(path: Path, fragment: str) -> int:
    lines = path.read_text(encoding="latin-1").splitlines() or [""]
    return next(number for number, line in enumerate(lines, 1) if fragment in line)


def append_rows(folder: Path, name: str, *rows: dict[str, str]) -> None:
    """Rows at the end of a price file: a usable one of it each, but for what is given."""
    path = folder / name
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    quote = next(row for row in reader if row["accelerator"] == "H100" and row["is_usable"] == "yes")
    plain = {
        **quote,
        "accelerator": "L40S",
        "accelerator_memory_gb": "",
        "form_factor": "",
        "observed_on": "2024-06-01",
    }
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(quote), lineterminator="\n")
        writer.writerows({**plain, **row} for row in rows)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> State:
    """A small ledger with every victim and child, published once."""
    folder = tmp_path_factory.mktemp("base")
    for part in ("reference", "prices"):
        shutil.copytree(ROOT / "data" / part, folder / part)
    for name in IDLE:
        path = folder / "prices" / f"{name}.csv"
        path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:20]), encoding="utf-8")
    for part in ("disclosures", "corrections", "scenarios"):
        (folder / part).mkdir()
    for model_id in MODELS:
        shutil.copy(path_of(ROOT / "data", model_id), path_of(folder, model_id))
    claims = yaml.safe_load((ROOT / "data/corrections/claims.yaml").read_text(encoding="utf-8"))
    about = [claim for claim in claims if claim["model_id"] in MODELS]
    (folder / "corrections/claims.yaml").write_text(yaml.safe_dump(about, sort_keys=False), encoding="utf-8")
    for bad in BAD:
        add_pair(folder, bad.victim)
    for victim in (PRICED, UNQUOTED):
        add_pair(folder, victim, "l40s")
    assert build(DataFolder(folder)) is None
    state = State(DataFolder(folder))
    assert state.query("from quality.rejected_rows").is_empty()
    return state


def copy(base: State, target: Path) -> DataFolder:
    for part in (*PARTS, "published"):
        shutil.copytree(base.folder.root / part, target / part)
    return DataFolder(target)


@pytest.fixture
def folder(base: State, tmp_path: Path) -> DataFolder:
    """A fresh copy of the base, published."""
    return copy(base, tmp_path / "data")


def assert_kept(folder: DataFolder, base: State) -> None:
    """The last release is what it was, byte for byte, and can be opened."""
    assert folder.ledger.read_bytes() == base.folder.ledger.read_bytes()
    assert State(folder).is_complete()


@pytest.fixture(scope="module")
def spoilt(base: State, tmp_path_factory: pytest.TempPathFactory) -> State:
    """The release after every mistake of BAD at once."""
    folder = copy(base, tmp_path_factory.mktemp("spoilt") / "data")
    for bad in BAD:
        bad.change(folder.root, bad.victim)
    assert build(folder) is None
    return State(folder)


class TestDisclosures:
    @pytest.mark.parametrize("bad", LOST, ids=lambda bad: bad.name)
    def test_it_is_told_with_file_line_and_remedy(self, spoilt: State, bad: Bad) -> None:
        line = None if bad.at is None else line_of(spoilt.folder.root / bad.file, bad.at)
        told = [row for row in spoilt.rejections(bad.file) if bad.says in str(row["reason"])]
        assert told
        assert line in {row["line"] for row in told}
        assert all(row["is_set_aside"] for row in told)

    @pytest.mark.parametrize("bad", LOST, ids=lambda bad: bad.name)
    def test_what_is_lost_has_no_cost(self, spoilt: State, bad: Bad) -> None:
        own = spoilt.cost(bad.victim, "own")
        if bad.loses == "model":
            assert own is None
        else:
            assert own
            assert (own["cost_mid_usd"], own["cost_missing_reason"]) == (None, "set_aside")
            assert "set_aside" in own["flags"]

    @pytest.mark.parametrize("bad", LOST, ids=lambda bad: bad.name)
    def test_what_depends_on_it_says_so(self, spoilt: State, base: State, bad: Bad) -> None:
        assert spoilt.cost(bad.child, "own") == base.cost(bad.child, "own")
        before, now = base.cost(bad.child, "cumulative"), spoilt.cost(bad.child, "cumulative")
        assert before
        assert now
        assert (before["cost_mid_usd"], before["is_lower_bound"]) == (Decimal(220), False)
        assert (now["cost_mid_usd"], now["is_lower_bound"], now["cost_high_usd"]) == (Decimal(20), True, None)
        assert now["undisclosed_ancestors"] == [bad.victim]
        assert "set_aside" in now["flags"]

    @pytest.mark.parametrize("bad", ODD, ids=lambda bad: bad.name)
    def test_what_is_odd_and_right_is_kept(self, spoilt: State, base: State, bad: Bad) -> None:
        assert spoilt.rejections(bad.file) == []
        for model_id in (bad.victim, bad.child):
            for scope in COST_SCOPE:
                assert spoilt.cost(model_id, scope, "rental") == base.cost(model_id, scope, "rental")

    def test_nobody_else_is_touched(self, spoilt: State, base: State) -> None:
        touched = [name for bad in BAD for name in (bad.victim, bad.child)]
        assert_frame_equal(spoilt.costs(*touched), base.costs(*touched))
        assert_frame_equal(
            spoilt.query("from marts.claims_checked order by claim_id"),
            base.query("from marts.claims_checked order by claim_id"),
        )
        files = {*(f"disclosures/{name}.yaml" for name in touched), "disclosures/copy-of-victim-copied-model.yaml"}
        assert set(spoilt.query("select file from quality.rejected_rows")["file"]) <= files

    def test_the_release_is_whole(self, spoilt: State) -> None:
        assert spoilt.is_complete()
        assert spoilt.query("from history.releases").height == 2

    def test_a_misspelt_parent_is_named_and_counts_as_undisclosed(self, folder: DataFolder, base: State) -> None:
        edit("parent_model_id: deepseek-v3", "parent_model_id: deepsek-v3")(folder.root, "deepseek-r1")
        assert build(folder) is None
        after = State(folder)
        [told] = after.rejections("disclosures/deepseek-r1.yaml")
        assert told["line"] == line_of(path_of(folder.root, "deepseek-r1"), "deepsek-v3")
        assert "did you mean 'deepseek-v3'?" in str(told["reason"])
        assert told["is_set_aside"] is False
        cumulative = after.cost("deepseek-r1", "cumulative")
        assert cumulative
        assert cumulative["cost_mid_usd"] == Decimal(294672)
        assert (cumulative["is_lower_bound"], cumulative["undisclosed_ancestors"]) == (True, ["deepsek-v3"])
        assert_frame_equal(after.costs("deepseek-r1"), base.costs("deepseek-r1"))

    def test_two_models_that_stand_on_each_other_refuse_the_release(self, folder: DataFolder, base: State) -> None:
        edit("phases:", EDGE.format(parent="child-of-victim-key") + "phases:")(folder.root, "victim-key")
        refusal = build(folder)
        assert refusal
        assert "child-of-victim-key, victim-key" in refusal
        assert_kept(folder, base)

    def test_a_file_that_may_not_be_read_costs_its_own_model_only(
        self, folder: DataFolder, base: State, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Root may read everything, so the refusal of the system is played."""
        denied, read = path_of(folder.root, "victim-key"), Path.read_bytes

        def read_bytes(path: Path) -> bytes:
            if path == denied:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", read_bytes)
        assert build(folder) is None
        after, touched = State(folder), ("victim-key", "child-of-victim-key")
        assert "Permission denied" in str(after.rejections("disclosures/victim-key.yaml")[0]["reason"])
        assert_frame_equal(after.costs(*touched), base.costs(*touched))


class TestClaims:
    def test_a_claim_about_nobody_is_told_and_the_others_stand(self, folder: DataFolder, base: State) -> None:
        path = folder.root / "corrections/claims.yaml"
        claims = yaml.safe_load(path.read_text(encoding="utf-8"))
        claims[0]["model_id"] = "deepseek-r11"
        claims[1]["covers_phase_ids"] = ["deepseek-r1__sft"]
        path.write_text(yaml.safe_dump(claims, sort_keys=False), encoding="utf-8")
        assert build(folder) is None
        after = State(folder)
        told = {str(row["value"]): str(row["reason"]) for row in after.rejections("corrections/claims.yaml")}
        assert "did you mean 'deepseek-r1'?" in told["deepseek-r11"]
        assert "is not in core.training_phases" in told["deepseek-r1__sft"]
        assert_frame_equal(after.costs(), base.costs())


BAD_QUOTES: dict[str, tuple[dict[str, str], str]] = {
    "free": ({PRICE: "0"}, "a usable price must be above zero"),
    "negative": ({PRICE: "-1"}, "must be"),
    "nan": ({PRICE: "NaN"}, "NaN is not a number"),
    "text": ({PRICE: "$2.50"}, "$2.50 is not a number"),
    "large": ({PRICE: "1e14"}, "1e14 is not a number"),
    "huge": ({PRICE: "1e300"}, "1e300 is not a number"),
    "undated": ({"observed_on": ""}, "a usable price must be above zero and dated"),
    "unsourced": ({"source_id": "src_epochh"}, "did you mean 'src_epoch'?"),
    "terms": ({"pricing_category": "on_demnd"}, "did you mean 'on_demand'?"),
    "accelerator": ({"accelerator": "L400"}, "L400"),
    "future": ({"observed_on": "2099-01-01", PRICE: "0.01"}, "2099-01-01"),
    "rp00001": ({"quote_id": "rp00001"}, "rp00001 stands more than once"),
    "pp0001": ({"quote_id": "pp0001"}, "pp0001 stands more than once"),
}
ODD_QUOTES = {
    "claimed": {"flags": "seen_late; press_estimate", PRICE: "0.01"},
    "long": {"is_usable": "no", "note": "x" * 200_000},
}


@pytest.fixture(scope="module")
def quoted(base: State, tmp_path_factory: pytest.TempPathFactory) -> State:
    """The release after every bad quote at once, and a ragged row."""
    folder = copy(base, tmp_path_factory.mktemp("quoted") / "data")
    cells = {name: bad for name, (bad, _) in BAD_QUOTES.items()} | ODD_QUOTES
    append_rows(folder.root, RENTALS, *({"quote_id": name, "provider": name} | given for name, given in cells.items()))
    future = {"quote_id": "future-sale", "observed_on": "2099-01-01", "list_unit_price_usd_per_gpu": "1.00"}
    append_rows(folder.root, PURCHASES, future)
    with (folder.root / RENTALS).open("a", encoding="utf-8") as file:
        file.write("ragged,row\n")
    assert build(folder) is None
    return State(folder)


class TestPrices:
    @pytest.mark.parametrize("name", BAD_QUOTES)
    def test_a_bad_quote_is_told(self, quoted: State, name: str) -> None:
        """Set aside with its line, or named by a check where the row is sound and only of no use."""
        line, (_, says) = line_of(quoted.folder.root / RENTALS, f",{name},"), BAD_QUOTES[name]
        told = [str(row["reason"]) for row in quoted.rejections(RENTALS) if row["line"] == line]
        checks = quoted.query("select first_failing_row from quality.check_results where first_failing_row is not null")
        named = [text for (text,) in checks.rows() if re.search(rf"\b{name}\b", text)]
        assert any(says in text for text in (*told, *named))

    def test_a_ragged_row_is_told(self, quoted: State) -> None:
        line = line_of(quoted.folder.root / RENTALS, "ragged,row")
        assert [row["line"] for row in quoted.rejections(RENTALS) if "the row has 2 cells" in str(row["reason"])] == [
            line
        ]

    def test_no_cost_is_touched(self, quoted: State, base: State) -> None:
        assert_frame_equal(quoted.costs(), base.costs())

    def test_a_price_a_thousand_times_too_high_stays_out_of_the_middle(self, folder: DataFolder, base: State) -> None:
        append_rows(folder.root, RENTALS, {"quote_id": "dear", "provider": "dear", PRICE: "2000"})
        assert build(folder) is None
        before, now = (state.cost(PRICED, "own", "rental") for state in (base, State(folder)))
        assert before
        assert now
        assert before["cost_low_usd"] <= now["cost_mid_usd"] <= before["cost_high_usd"]

    @pytest.mark.parametrize("kind", ["emptied", "renamed header", "no file"])
    def test_without_rental_quotes_nothing_is_free(self, folder: DataFolder, base: State, kind: str) -> None:
        path = folder.root / RENTALS
        text = path.read_text(encoding="utf-8")
        if kind == "emptied":
            path.write_text(text.partition("\n")[0] + "\n", encoding="utf-8")
        elif kind == "renamed header":
            path.write_text(text.replace(PRICE, "price", 1), encoding="utf-8")
        else:
            path.unlink()
        refusal = build(folder)
        after = State(folder)
        if refusal:
            assert_kept(folder, base)
            return
        assert after.is_complete()
        rented = after.costs().filter(pl.col("price_basis").is_in(["rental", "rental_now"]))
        assert rented["cost_mid_usd"].null_count() == rented.height
        assert rented["cost_missing_reason"].null_count() == 0
        unrented = pl.col("price_basis").is_in(["disclosed", "purchase"])
        assert_frame_equal(after.costs().filter(unrented), base.costs().filter(unrented))
        if kind != "emptied":
            [told] = after.rejections(RENTALS)
            assert "missing column" in str(told["reason"]) or "restore it" in str(told["reason"])


class TestFiles:
    @pytest.mark.parametrize(
        "name", ["hardware.yaml", "sources.yaml", "methods.yaml", "accelerator_map.csv", "price_proxies.csv"]
    )
    def test_without_a_reference_file_the_file_is_named(self, folder: DataFolder, base: State, name: str) -> None:
        (folder.root / "reference" / name).unlink()
        refusal = build(folder)
        if refusal:
            assert f"reference/{name}" in refusal
            assert_kept(folder, base)
            return
        after = State(folder)
        assert after.is_complete()
        told = after.rejections(f"reference/{name}")
        assert "restore it" in str(told[0]["reason"])
        found = after.costs().join(base.costs(), on=KEY, suffix="_before").filter(pl.col("cost_mid_usd").is_not_null())
        assert found.filter(pl.col("cost_mid_usd_before").is_null()).is_empty()

    def test_without_any_model_the_last_release_stays(self, folder: DataFolder, base: State) -> None:
        for path in (folder.root / "disclosures").iterdir():
            path.unlink()
        refusal = build(folder)
        assert refusal
        assert "disclosures" in refusal
        assert_kept(folder, base)

    def test_without_a_data_folder_nothing_is_made(self, tmp_path: Path) -> None:
        refusal = build(DataFolder(tmp_path / "nowhere"))
        assert refusal
        assert str(tmp_path / "nowhere") in refusal
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("value", ["0", "-1", "1e300", "much"])
    def test_a_constant_out_of_this_world_refuses_the_release_by_name(
        self, folder: DataFolder, base: State, value: str
    ) -> None:
        path = folder.root / "reference/methods.yaml"
        head, name, tail = path.read_text(encoding="utf-8").partition("constant_id: price_width_low_ratio\n")
        assert name
        path.write_text(head + name + re.sub(r"value: \S+", f"value: {value}", tail, count=1), encoding="utf-8")
        refusal = build(folder)
        assert refusal
        assert "reference/methods.yaml" in refusal
        assert "price_width_low_ratio" in refusal
        assert_kept(folder, base)

    def test_windows_line_ends_everywhere_change_nothing(self, folder: DataFolder, base: State) -> None:
        for path in (path for part in PARTS for path in (folder.root / part).iterdir()):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert build(folder) is None
        after = State(folder)
        assert after.query("from quality.rejected_rows").is_empty()
        assert_frame_equal(after.costs(), base.costs())

    def test_a_damaged_build_file_is_made_anew(self, folder: DataFolder, base: State) -> None:
        folder.work.parent.mkdir()
        folder.work.write_bytes(b"no database" * 1_000)
        assert build(folder) is None
        assert_frame_equal(State(folder).costs(), base.costs())

    def test_history_is_not_lost_while_somebody_holds_the_ledger(self, folder: DataFolder, base: State) -> None:
        """Another program opened the file for writing and locks it; the releases before are still in it."""
        known = base.query("from history.releases")["release_id"].to_list()
        folder.ledger.chmod(0o644)
        hold = f"import duckdb; c = duckdb.connect({str(folder.ledger)!r}); print('held', flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == b"held\n"
            build(folder)
            holder.communicate(b"\n")
        assert set(known) <= set(State(folder).query("from history.releases")["release_id"])

    def test_a_file_name_that_is_no_text_costs_nobody_anything(self, folder: DataFolder, base: State) -> None:
        odd = os.fsdecode(os.fsencode(folder.root / "disclosures") + b"/\xff.yaml")
        Path(odd).write_text("no model\n", encoding="utf-8")
        assert build(folder) is None
        after = State(folder)
        assert_frame_equal(after.costs(), base.costs())
        assert after.query("from quality.rejected_rows").height == 1
