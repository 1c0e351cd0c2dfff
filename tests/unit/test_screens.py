"""What is printed: figures in words, and screens of hand-made records at several widths.

Belongs here: wording and layout. Does not belong here: where figures come from.
"""

from __future__ import annotations

import doctest
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.console import Console, RenderableType

from pipelines import wording
from pipelines.screens import answer, claims, compare, model, pieces, tree, upkeep
from pipelines.warehouse.shapes import (
    Check,
    Claim,
    Compared,
    Cost,
    Edge,
    Explanation,
    Headline,
    Member,
    Model,
    ModelPage,
    Phase,
    PhaseCost,
    Printed,
    Rejection,
    Release,
    Result,
)

WIDTHS = (80, 100, 140)
URL = "https://example.org/paper"


def rendered(*parts: RenderableType | None, width: int = 100) -> str:
    """The plain text of renderables."""
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    for part in parts:
        if part is not None:
            console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def hours(value: float | str) -> Decimal:
    return Decimal(str(value))


COST = Cost(
    model_id="small-1b",
    model_name="Small 1B",
    scope="cumulative",
    price_basis="rental",
    gpu_hours=hours(7),
    gpu_hours_low=hours(7),
    gpu_hours_high=hours(7),
    unpriced_gpu_hours=hours(0),
    phase_count=1,
    cost_low_usd=23.03,
    cost_mid_usd=Decimal("27.65"),
    cost_high_usd=103.46,
    cost_missing_reason=None,
    is_lower_bound=False,
    undisclosed_ancestors=[],
    undisclosed_names=[],
    phases_without_quantity=[],
    phases_in_words=[],
    flags=[],
)
FLOOR = replace(
    COST,
    gpu_hours_high=None,
    cost_high_usd=None,
    is_lower_bound=True,
    undisclosed_ancestors=["base-32b"],
    undisclosed_names=["Base-32B"],
    flags=["undisclosed_ancestors"],
)
UNKNOWN = replace(
    COST,
    gpu_hours=None,
    gpu_hours_low=None,
    gpu_hours_high=None,
    cost_low_usd=None,
    cost_mid_usd=None,
    cost_high_usd=None,
    cost_missing_reason="hours_not_disclosed",
)


def of_itself(*flags: str) -> Cost:
    """A floor whose reason is the model itself."""
    return replace(FLOOR, undisclosed_ancestors=["small-1b"], undisclosed_names=["Small 1B"], flags=list(flags))


def test_examples_in_the_docstrings_of_wording_hold() -> None:
    assert doctest.testmod(wording).failed == 0


# ---- figures in words: the truth table


@pytest.mark.parametrize(
    ("cost", "hours_said", "cost_said"),
    [
        (COST, "7 hours", "$27.65"),
        (FLOOR, "at least 7 hours (Base-32B not disclosed)", "at least $27.65 (Base-32B not disclosed)"),
        (
            of_itself("base_unknown"),
            "at least 7 hours (its base is not named)",
            "at least $27.65 (its base is not named)",
        ),
        (
            of_itself("restated_base"),
            "at least 7 hours (its own hours are not disclosed: those printed are its base's)",
            "at least $27.65 (its own hours are not disclosed: those printed are its base's)",
        ),
        (
            of_itself("covers_models"),
            "at least 7 hours (its own hours are only in its family's figure)",
            "at least $27.65 (its own hours are only in its family's figure)",
        ),
        (
            of_itself(),
            "at least 7 hours (its own hours are not disclosed)",
            "at least $27.65 (its own hours are not disclosed)",
        ),
        (
            replace(of_itself(), phases_without_quantity=["p"], phases_in_words=["preference tuning of Small 1B"]),
            "at least 7 hours (preference tuning of Small 1B not disclosed)",
            "at least $27.65 (preference tuning of Small 1B not disclosed)",
        ),
        (
            replace(
                COST, is_lower_bound=True, flags=["partly_priced"], unpriced_gpu_hours=hours(1234), cost_high_usd=None
            ),
            "7 hours",
            "at least $27.65 (1,234 hours have no price)",
        ),
        (
            replace(FLOOR, undisclosed_ancestors=[], undisclosed_names=[], flags=["set_aside"], gpu_hours_low=hours(5)),
            "at least 7 hours, from 5 (a row it depends on was set aside)",
            "at least $27.65 (a row it depends on was set aside)",
        ),
        (
            replace(FLOOR, undisclosed_ancestors=[], undisclosed_names=[], flags=["set_aside"]),
            "at least 7 hours (a row it depends on was set aside)",
            "at least $27.65 (a row it depends on was set aside)",
        ),
        (
            replace(FLOOR, undisclosed_ancestors=[], undisclosed_names=[], flags=["one_sided"], gpu_hours=None),
            "at least 7 hours (only one end of a range is disclosed)",
            "at least $27.65 (only one end of a range is disclosed)",
        ),
        (replace(COST, gpu_hours_low=hours(5), gpu_hours_high=hours(10)), "7 hours (5 to 10)", "$27.65"),
        (
            replace(UNKNOWN, gpu_hours_high=hours(504000), cost_high_usd=6194160.0, cost_missing_reason=None),
            "at most 504,000 hours",
            "at most $6,194,160",
        ),
        (UNKNOWN, "hours not disclosed", "hours not disclosed"),
        (
            replace(UNKNOWN, cost_missing_reason="restated_base"),
            "only its base's hours are printed",
            "only its base's hours are printed",
        ),
        (replace(COST, cost_mid_usd=None, cost_missing_reason="no_price"), "7 hours", "no price on this basis"),
        (
            replace(COST, cost_mid_usd=None, cost_missing_reason="no_price", price_basis="disclosed"),
            "7 hours",
            "no price stated",
        ),
    ],
)
def test_every_case_of_the_truth_table_has_its_words(cost: Cost, hours_said: str, cost_said: str) -> None:
    assert wording.hours_text(cost) == hours_said
    assert wording.cost_text(cost) == cost_said


def test_many_undisclosed_models_are_counted_after_three() -> None:
    names = [f"Base {number}" for number in range(5)]
    cost = replace(FLOOR, undisclosed_ancestors=names, undisclosed_names=names)
    said = "Base 0 not disclosed; Base 1 not disclosed; Base 2 not disclosed; and 2 more"
    assert wording.what_is_missing(cost, of_cost=False) == said


def test_a_floor_never_stands_as_a_bare_total_in_a_narrow_cell() -> None:
    assert str(pieces.short_hours_cell(FLOOR)) == "at least 7"
    assert str(pieces.short_cost(FLOOR)) == "at least $27.65"
    assert [str(line) for line in pieces.floors([FLOOR, COST, FLOOR])] == [
        "Small 1B, cumulative: at least 7 hours (Base-32B not disclosed)"
    ]


def test_a_range_without_upper_end_says_so() -> None:
    assert wording.range_text(23.03, Decimal("27.65"), None) == "from $23.03, no upper end"
    assert wording.range_text(27.65, Decimal("27.65"), 27.65) == ""


def test_an_unknown_word_of_a_newer_release_is_printed_as_it_is() -> None:
    assert wording.flag_meaning("brand_new_flag") == "brand new flag"
    assert wording.missing("brand_new_reason") == "brand new reason"


# ---- screens of hand-made records

PRICE = PhaseCost(
    phase_id="small-1b__sft",
    price_basis="rental",
    cost_low_usd=23.03,
    cost_mid_usd=Decimal("27.65"),
    cost_high_usd=103.46,
    cost_missing_reason=None,
    flags=["assumed_start"],
    unit_price_usd_per_gpu_hour=Decimal("3.950000"),
    unit_price_usd_per_gpu=None,
    price_observed_on=date(2024, 8, 24),
    price_quote_count=5,
    quote_id="q1",
    provider="CR8DL",
    sku=None,
    region=None,
    quoted_hardware_id="h100-sxm",
    pricing_category="on_demand",
    price_as_published="3.95",
    currency="USD",
    unit_as_published="hour",
    price_source_id="prices",
    price_source_title="Price list",
    price_locator="line 440",
    price_url="https://example.org/prices",
)
STATED = replace(
    PRICE,
    price_basis="disclosed",
    flags=[],
    quote_id=None,
    provider=None,
    price_source_id="paper",
    price_source_title="The paper",
    price_locator="Table 7",
    price_url=URL,
)
PRINTED = Printed(
    phase_id="small-1b__sft",
    quantity="gpu_hours",
    value=7.0,
    value_low=None,
    value_high=None,
    derivation="14*0.5",
    confidence="verified",
    source_id="paper",
    source_title="The paper",
    locator="Table 7",
    url=URL,
)
PHASE = Phase(
    phase_id="small-1b__sft",
    model_id="small-1b",
    phase="sft",
    row_role="primary",
    is_summed=True,
    hardware_id="h100-sxm",
    hardware_name="H100 SXM5 80GB",
    gpu_hours=hours(7),
    gpu_hours_low=hours(7),
    gpu_hours_high=hours(7),
    gpu_count=16,
    started_on=date(2024, 12, 1),
    tokens_low=None,
    tokens_high=None,
    disclosed_as="gpus_x_hours",
    derivation="14*0.5",
    note="a [bold]note[/bold] with brackets",
    confidence="verified",
    source_id="paper",
    source_title="The paper",
    locator="Table 7",
    url=URL,
    printed=[PRINTED],
    costs=[PRICE],
)
MODEL = Model(
    model_id="small-1b",
    name="Small 1B",
    developer="Some Lab",
    country="CH",
    released_on=date(2025, 1, 31),
    total_params=1_000_000_000,
    active_params=1_000_000_000,
    architecture="dense",
    domain="language",
    openness="open_weights",
    covers_models=[],
    source_id="paper",
    source_title="The paper",
    source_url=URL,
)
EDGE = Edge("small-1b", "base-32b", "Base-32B", "weights", "cumulative", None, None)
MEMBER = Member("small-1b", "Small 1B", 0, [], True, None, Decimal("27.65"), ["small-1b__sft"], [PHASE])
BASE = Member("base-32b", "Base-32B", 1, [EDGE], True, "hours_not_disclosed", None, [], [])
EXPLAINED = Explanation(MODEL, FLOOR, [MEMBER, BASE], {"assumed_start": "Assumed."})
CLAIM = Claim(
    claim_id="small-50",
    model_id="small-1b",
    model_name="Small 1B",
    claimed_by="a newspaper",
    claimed_on=date(2025, 2, 5),
    what_it_says="trained for $20",
    claimed_low_usd=Decimal("20.00"),
    claimed_high_usd=Decimal("20.00"),
    bound=None,
    claimed_scope="final_run",
    presented_as_scope="cumulative",
    covers_scope="own",
    covers_phase_ids=["small-1b__sft"],
    compared_on_basis="rental",
    covered_gpu_hours=hours(7),
    covered_cost_low_usd=23.03,
    covered_cost_usd=Decimal("27.65"),
    covered_cost_high_usd=103.46,
    is_covered_lower_bound=False,
    cumulative_cost_usd=Decimal("27.65"),
    is_cumulative_lower_bound=True,
    cumulative_to_claim_ratio=1.3825,
    verdict="wrong_scope",
    not_checkable_reason=None,
    arithmetic="7 h x $3.95 = $27.65",
    source_id="paper",
    source_title="The paper",
    source_url=URL,
)
RELEASE = Release(
    "2026-11-23T00-00-00Z", datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), "a" * 64, "b" * 64, "4", 2, 1, 1
)
FINDING = Rejection(
    "staging.x", "disclosures/a.yaml", 12, "a__sft", "a", "gpu_hours", "-5", "ge", "must be above 0", True
)


def all_scopes() -> list[Cost]:
    """Costs of every scope, on the two bases every screen needs."""
    stated = {"cost_mid_usd": None, "cost_low_usd": None, "cost_high_usd": None, "cost_missing_reason": "no_price"}
    return [
        replace(cost, scope=scope, price_basis=basis, **(stated if basis == "disclosed" else {}))  # type: ignore[arg-type]
        for scope, cost in (("own", COST), ("effort", COST), ("cumulative", FLOOR))
        for basis in ("disclosed", "rental", "rental_now", "purchase")
    ]


def compared(name: str = "Small 1B") -> Compared:
    return Compared(
        "small-1b",
        name,
        "Some Lab",
        date(2025, 1, 31),
        10**9,
        10**9,
        ["h100-sxm"],
        None,
        None,
        None,
        0.0,
        0.35,
        None,
        costs=all_scopes(),
    )


PAGE = ModelPage(MODEL, all_scopes(), [PHASE], [EDGE], [CLAIM], {"assumed_start": "Assumed."}, [FINDING])
SCREENS = {
    "show": lambda width: model.show(PAGE),
    "explain": lambda width: tree.explain(EXPLAINED),
    "compare": lambda width: compare.compare([compared(f"Model {n}") for n in range(7)], "cumulative", None, width),
    "claims": lambda width: claims.claims(
        [CLAIM, replace(CLAIM, verdict="agrees", claimed_low_usd=None, claimed_high_usd=None)]
    ),
    "headline": lambda width: answer.headline(Headline(CLAIM, EXPLAINED)),
    "comparison": lambda width: answer.comparison([compared(), compared("A Rather Long Name (with a remark)")], width),
    "status": lambda width: upkeep.status([RELEASE], [], [FINDING], ["disclosures/a.yaml"], "/data/ledger.duckdb"),
    "checked": lambda width: upkeep.checked({"core.models": 2}, [FINDING]),
    "result": lambda width: upkeep.result(
        Result(["a", "b"], ["INTEGER", "VARCHAR[]"], [(1, ["x", "y"]), (None, [])], True)
    ),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(SCREENS))
def test_every_screen_fits_its_terminal_and_loses_nothing(name: str, width: int) -> None:
    text = rendered(SCREENS[name](width), width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text


@pytest.mark.parametrize("width", WIDTHS)
def test_the_comparison_keeps_every_column(width: int) -> None:
    text = rendered(SCREENS["comparison"](width), width=width)
    assert "purchase" in text
    assert text.count("unstated") == 2


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_a_screen_in_a_pipe_is_not_wrapped(name: str) -> None:
    wide, wider = (rendered(SCREENS[name](width), width=width) for width in (2_000, 100_000))
    assert wide == wider


def test_show_leads_with_the_answer_and_names_what_is_missing() -> None:
    text = rendered(model.show(PAGE), width=1_000)
    assert text.splitlines()[0] == (
        "Small 1B: at least $27.65 (Base-32B not disclosed) with every model it stands on, "
        "at the market rent when it started; $27.65 of its own."
    )
    assert "own = effort: 7 hours" in text
    assert "cumulative: at least 7 hours (Base-32B not disclosed)" in text
    assert "Base-32B (base-32b): weights, counts in cumulative; its own hours not disclosed" in text
    assert "disclosures/a.yaml:12: a__sft gpu_hours = '-5': must be above 0" in text


def test_show_of_a_model_without_hours_says_so_first() -> None:
    unknown = [replace(UNKNOWN, scope=cost.scope, price_basis=cost.price_basis) for cost in PAGE.costs]
    text = rendered(model.show(replace(PAGE, costs=unknown, phases=[], claims=[])), width=1_000)
    assert text.splitlines()[0] == "Small 1B: cost not known: hours not disclosed."
    assert "none disclosed" in text


def test_a_phase_that_is_not_added_says_why() -> None:
    estimate = replace(PHASE, row_role="estimate", is_summed=False)
    page = rendered(model.show(replace(PAGE, phases=[estimate])), width=1_000)
    assert "supervised fine-tuning (not added: somebody else's estimate)" in page
    member = replace(MEMBER, cost_usd=None, added_phase_ids=[], phases=[estimate], missing_reason="hours_not_disclosed")
    text = rendered(tree.explain(replace(EXPLAINED, members=[member])), width=1_000)
    assert "supervised fine-tuning: not added (somebody else's estimate); $27.65 if it were" in text


def test_explain_goes_down_to_the_page() -> None:
    text = rendered(tree.explain(EXPLAINED), width=1_000)
    for line in (
        "Small 1B, with every model it stands on, at the market rent when it started: "
        "at least $27.65 (Base-32B not disclosed)",
        "at least 7 hours (Base-32B not disclosed)",
        "supervised fine-tuning: $27.65 = 7 hours x $3.95 ($23.03 to $103.46)",
        "hours: 7, 16 x H100 SXM5 80GB; accelerators times hours: 14*0.5",
        f"The paper, Table 7, {URL} (verified)",
        "price: $3.95 per GPU-hour, the middle of 5 providers: "
        "CR8DL, h100-sxm, on demand, 3.95 USD per hour, seen 2024-08-24",
        "Price list, line 440, https://example.org/prices",
        "note: a [bold]note[/bold] with brackets",
        "assumed_start: The start is the release date less run time and a usual delay (2024-12-01).",
        "Base-32B: hours not disclosed; its weights are the start of Small 1B",
    ):
        assert line in text


def test_a_stated_price_from_the_same_page_is_not_printed_twice() -> None:
    phase = replace(PHASE, costs=[STATED])
    text = rendered(tree.explain(replace(EXPLAINED, members=[replace(MEMBER, phases=[phase])])), width=1_000)
    assert "price: $3.95 per GPU-hour, stated by the developer, in the same place" in text
    assert text.count(URL) == 1


def test_a_member_that_was_set_aside_is_named() -> None:
    gone = replace(BASE, name="base-32b", is_in_ledger=False, missing_reason="set_aside")
    assert "base-32b: not in the ledger: set aside by validation" in rendered(
        tree.explain(replace(EXPLAINED, members=[gone]))
    )


def test_the_headline_adds_up_and_names_the_largest_part() -> None:
    whole = replace(
        EXPLAINED,
        cost=replace(COST, cost_mid_usd=Decimal("55.30")),
        members=[MEMBER, replace(BASE, cost_usd=Decimal("27.65"))],
    )
    text = rendered(answer.headline(Headline(CLAIM, whole)), width=1_000)
    assert "Small 1B did not cost $20.00. With every model it stands on it cost $55.30, 1.38 times as much." in text
    assert "14 x 0.5 = 7" in text
    assert "by hand: 7 h x $3.95 = $27.65" in text


def test_amounts_of_claims_in_words() -> None:
    several = replace(CLAIM, claimed_high_usd=Decimal("50.00"))
    floor = replace(CLAIM, claimed_high_usd=None, bound="floor")
    nothing = replace(CLAIM, claimed_low_usd=None, claimed_high_usd=None)
    assert [claims.amount(claim) for claim in (CLAIM, several, floor, nothing)] == [
        "$20.00",
        "$20.00 to $50.00",
        "more than $20.00",
        "no amount",
    ]


def test_only_the_first_findings_are_listed_and_the_rest_counted() -> None:
    findings = [replace(FINDING, line=number) for number in range(1, 26)]
    text = rendered(upkeep.set_aside(findings, "costledger status --rejected"), width=1_000)
    assert "25 values set aside, in 1 file" in text
    assert "and 5 more: costledger status --rejected" in text
    assert text.count("a.yaml:") == upkeep.FIRST_SHOWN


def test_what_only_refers_to_a_fault_is_counted_not_listed() -> None:
    follower = replace(
        FINDING, record_id="a__sft / tokens", column_name="phase_id", value="a__sft", check_name="reference"
    )
    missing = replace(follower, record_id="b", value="never-there")
    text = rendered(upkeep.checked({}, [FINDING, follower, missing]), width=1_000)
    assert text.count("a.yaml:12") == 2
    assert "and 1 value of the same records" in text
    assert rendered(upkeep.everything_set_aside([FINDING, follower]), width=1_000).count("a.yaml:12") == 2


def test_a_finding_about_a_whole_file_has_no_empty_parts() -> None:
    whole = replace(FINDING, line=None, record_id=None, column_name=None, value=None, reason="not UTF-8")
    assert pieces.finding_line(whole) == "disclosures/a.yaml: not UTF-8"
    assert pieces.finding_line(replace(FINDING, is_set_aside=False)).endswith("must be above 0 (the row is kept)")


def test_status_names_failed_checks() -> None:
    failed = Check("rule", "core.models", "WARN", False, 3, "A rule.", "model_id = x")
    text = rendered(upkeep.status([RELEASE], [failed], [], [], "/data/ledger.duckdb"), width=1_000)
    assert "WARN rule: A rule. 3 rows break it; first: model_id = x" in text
    assert "the data has not changed since" in text
    assert "nothing was set aside" in text
