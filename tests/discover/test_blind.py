"""The blind test: what is hidden stays hidden, what is measured is right, the same numbers every time."""

import dataclasses
import sys
from pathlib import Path

import pytest

from lichen.discover.find import discover
from lichen.figures import Text
from lichen.inventory.values import Firm
from lichen.knowledge.read import knowledge
from lichen.knowledge.values import CITY, Evidence, ExchangeType, Reference, Substitution

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # benchmarks are no part of the package

from benchmarks import blind, blind_page
from benchmarks.blind_file import division, parks_of_file
from benchmarks.blind_parks import (
    Hidden,
    cases_of,
    documented,
    hidden_with,
    park,
    strange,
    usual_needs,
    without,
)
from benchmarks.blind_scores import (
    Quality,
    by_codes,
    by_exchange,
    by_words,
    chance,
    mean,
    of_discovery,
    place,
    right_use,
)

BASE = knowledge()
CASES = cases_of(BASE)
HERE = Reference("test", "test")


def kind(
    name, donors=("3120",), receivers=("3011",), streams=("slag.steel",), replaces=("mineral.limestone",), cases=()
):
    return ExchangeType(
        name,
        Text(name),
        donors,
        receivers,
        streams,
        tuple(Substitution(m, "", None) for m in replaces),
        "",
        (),
        (),
        (),
        "",
        "",
        Text(""),
        None,
        "",
        Text(""),
        Text(""),
        tuple(Evidence(c, "implemented", HERE) for c in cases),
        (HERE,),
        (),
        (),
        Text(""),
    )


def known(*types):
    return dataclasses.replace(BASE, types={t.id: t for t in types})


# --- hiding ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", CASES)
def test_nothing_known_rests_on_the_hidden_case_alone(case):
    gone = set(hidden_with(case))
    for item in without(BASE, case).types.values():
        assert not gone & set(item.cases)
        before = set(BASE.types[item.id].cases)
        assert item.cases or not before, "a type that only hidden cases attest is still known"


@pytest.mark.parametrize("case", CASES)
def test_what_discovery_uses_is_attested_elsewhere(case):
    given = park(BASE, case)
    found = discover(given.inventory, blind.YEAR, without(BASE, case), blind.SETTINGS)
    for one in (*found.opportunities, *found.failed):
        for name in one.types:
            (item,) = BASE.known([name])
            cases = set(item.cases)
            assert not cases or cases - set(hidden_with(case))


def test_strictly_hidden_types_are_gone_and_others_lose_their_evidence_only():
    base = known(
        kind("a", cases=("guiyang",)), kind("b", cases=("guiyang", "jinan")), kind("c", cases=("jinan",)), kind("d")
    )
    left = without(base, "guiyang").types
    assert list(left) == ["b", "c", "d"]
    assert left["b"].cases == ("jinan",)
    assert left["b"].streams == base.types["b"].streams
    assert list(without(base, "guiyang", strict=True).types) == ["c", "d"]


def test_cases_of_one_place_are_hidden_together():
    base = known(kind("a", cases=("tiexi", "shenyang")), kind("b", cases=("tiexi", "taranto")))
    assert list(without(base, "shenyang").types) == ["b"]
    assert hidden_with("taranto") == ("taranto",)


# --- parks ----------------------------------------------------------------------------------------------------------
def test_a_park_has_the_sectors_and_streams_of_the_case_and_nothing_of_what_is_hidden():
    given = park(BASE, "kwinana", needs="usual")
    there = {f.industry for f in given.inventory.firms}
    for item in documented(BASE, "kwinana"):
        assert {*item.donors, *item.receivers} <= there
    left = without(BASE, "kwinana")
    industries = {f.id: f.industry for f in given.inventory.firms}
    for flow in given.inventory.flows:
        if flow.direction == "in":
            assert flow.material in usual_needs(left, industries[flow.firm])


def test_needs_are_told_usual_or_none():
    told, usual, none = (park(BASE, "kymijoki", needs=needs).inventory.flows for needs in ("told", "usual", "none"))
    tap = [f.material for f in told if f.firm == "firm-4610" and f.direction == "in"]
    assert tap == ["chemical.chlorine"]
    taken = {f.material for f in usual if f.firm == "firm-4610" and f.direction == "in"}
    assert "water.ground" in taken
    assert "chemical.chlorine" not in taken
    assert {f.direction for f in none} == {"out"}


def test_strangers_are_drawn_by_seed_and_have_no_part_in_the_case():
    sectors = ("30", "3120", CITY)
    drawn = strange(BASE, "x", sectors, 30, 1)
    assert drawn == strange(BASE, "x", sectors, 30, 1) != strange(BASE, "x", sectors, 30, 2)
    assert len(drawn) == 30
    every = strange(BASE, "x", sectors, 1000, 1)
    assert set(drawn) <= set(every)
    assert not [code for code in every if code.startswith("30") or code in ("3120", "31", CITY)]


# --- measuring ------------------------------------------------------------------------------------------------------
def test_place_counts_ties_as_the_mean_over_their_orders():
    assert place({"a": 3.0, "b": 2.0}, "b") == Quality(1.0, 0.5, 2)
    assert place({"a": 3.0, "b": 2.0}, "c") == Quality(0.0, 0.0, 2)
    tied = place(dict.fromkeys("abcdefghijklmnopqrst", 1.0), "c")
    assert tied.recall == pytest.approx(10 / 20)
    assert tied.reciprocal == pytest.approx(sum(1 / k for k in range(1, 21)) / 20)


def test_place_takes_other_right_receivers_out():
    scores = {**{f"right {i}": 9.0 for i in range(10)}, "wrong": 8.0, "asked": 7.0}
    assert place(scores, "asked").recall == 0.0
    assert place(scores, "asked", {f"right {i}" for i in range(10)}) == Quality(1.0, 0.5, 12)


def test_quality_by_exchange_on_an_example_made_by_hand():
    hidden = [
        Hidden("one", "d", "slag", "r1", ("clay",)),
        Hidden("one", "d", "slag", "r2", ("clay",)),
        Hidden("two", "d", "ash", "r3", ()),
    ]
    scores = {"slag": {"x": 5.0, "r1": 4.0, "r2": 3.0}, "ash": {"x": 1.0}}
    found = by_exchange(hidden, lambda h: scores[h.stream])
    assert found["one"] == Quality(1.0, 0.5, 3)  # each is second once the other is taken out
    assert found["two"] == Quality(0.0, 0.0, 1)
    assert mean(found.values()) == Quality(0.5, 0.25, 2)
    only = by_exchange(hidden, lambda h: scores[h.stream], lambda h: h.receiver == "r1")
    assert only["one"].recall == 0.5
    assert mean([]) == Quality(0.0, 0.0, 0.0)


def test_rankings_beside_lichen():
    base = known(
        kind("slag in cement", cases=("jinan",)),
        kind("other", cases=("taranto",), streams=("waste.paper",), receivers=("2221",), replaces=("paper.pulp",)),
    )
    given = park(known(*base.types.values(), kind("hidden", cases=("guiyang",))), "guiyang", others=1)
    donor, right = "firm-3120", "firm-3011"
    assert by_codes(given, base, donor, "slag.steel") == {right: 2.0}
    assert by_codes(given, known(), donor, "slag.steel") == {}
    words = by_words(given, base, donor, "slag.steel")
    assert words[right] == max(words.values())
    assert chance(given, base, donor, "slag.steel") == {"firm-3011": 0.0, "firm-2221": 0.0}


def test_codes_of_waste_and_codes_above_count():
    base = known(kind("x", cases=("guiyang",), replaces=("slag",)))
    assert by_codes(park(base, "guiyang", others=0), known(), "firm-3120", "slag.steel") == {"firm-3011": 1.0}


def test_scores_and_use_of_what_discovery_found():
    given = park(BASE, "liuzhou")
    found = discover(given.inventory, blind.YEAR, BASE, blind.SETTINGS).opportunities
    scores = of_discovery(found, "firm-3120", "slag.steel")
    assert scores["firm-3011"] == max(scores.values())
    right = next(h for h in given.hidden if (h.type, h.receiver) == ("steel-slag-cement", "firm-3011"))
    assert right_use(found, right)
    assert not right_use(found, dataclasses.replace(right, replaces=("gas.natural",)))
    assert right_use(found, dataclasses.replace(right, replaces=()))
    assert not right_use([], dataclasses.replace(right, replaces=()))


# --- the whole ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def rows():
    return {needs: blind.measure(BASE, ("guiyang", "kwinana"), needs, others=10) for needs in blind.NEEDS}


def test_a_small_run_is_the_same_every_time_and_leakage_helps(rows):
    again = blind.measure(BASE, ("guiyang", "kwinana"), "usual", others=10)
    assert again == rows["usual"]
    assert len(again) == len(documented(BASE, "guiyang")) + len(documented(BASE, "kwinana"))
    for found in rows.values():
        parts = {name: mean(r.quality[name] for r in found) for name in found[0].quality}
        assert parts["leakage allowed"].recall > parts["Lichen"].recall > parts["strict"].recall
        assert parts["Lichen"].recall > max(parts[name].recall for name in blind.BASELINES)
        steps = [parts[name].recall for name in blind.STEPS]
        assert steps[-1] == parts["Lichen"].recall
        assert parts["right use"].recall <= parts["Lichen"].recall


def test_shared_rows_are_those_that_other_cases_attest(rows):
    shared = {r.type for r in rows["told"] if r.case == "kwinana" and r.shared}
    assert "gangue-cement" in shared  # Guiyang has it too
    assert "catalyst-cement" not in shared


def test_the_page_says_what_was_measured(rows):
    page = blind_page.text(blind.Findings(rows, {"30 strangers, draw 1": Quality(0.5, 0.25, 9)}, rows["usual"]), 1000.0)
    for title in (
        "Result",
        "Way by way",
        "Missed",
        "By case",
        "Other strangers",
        "Exchanges never read",
        "What the numbers mean and do not mean",
        "What was chosen",
    ):
        assert f"\n## {title}" in page
    total = mean(r.quality["Lichen"] for r in rows["usual"]).recall
    assert f"needs usual {'met' if total >= 0.7 else '**missed**'} ({total:.3f})" in page
    short = blind_page.text(blind.Findings(rows, {}, []), 1000.0)
    assert "Exchanges never read" not in short


def test_the_page_in_the_repository_is_of_the_knowledge_base_as_it_is():
    page = (blind.REPOSITORY / "docs" / "benchmarks-discovery.md").read_text(encoding="utf-8")
    hidden = sum(bool(park(BASE, case).hidden) and len({h.type for h in park(BASE, case).hidden}) for case in CASES)
    assert f"**Hidden.** {hidden} exchanges" in page, "the knowledge base has changed: run python -m benchmarks.blind"


def test_exchanges_of_a_file_that_no_type_cites(tmp_path):
    head = "exchange_id,donor_business,donor_nace,receiver_business,receiver_nace,waste,ewc,status\n"
    lines = [
        '"99,1,1",Steelworks,2410,Cement works,2351,steel slag,,Implemented',
        '"99,1,2",Works,2351,Works,2351,steel slag,,Implemented',  # one division
        '"99,1,3",Works,ND,Works,2351,steel slag,,Implemented',  # no such division
        '"1,12,10",Steelworks,2410,Cement works,2351,mill scale,,Implemented',  # a type cites it
    ]
    file = tmp_path / "exchanges.csv"
    file.write_text(head + "\n".join(lines), encoding="utf-8")
    ((given, left),) = parks_of_file(BASE, blind.read_maestri(file).exchanges, others=5)
    assert [(h.donor, h.stream, h.receiver) for h in given.hidden] == [("firm-31", "slag.steel", "firm-30")]
    assert len(given.inventory.firms) == 7
    assert left is BASE
    assert len(blind.unseen_rows(BASE, file)) == 1


def test_divisions_of_open_codes():
    exchanges = {"2442": "32", "2410": "31", "3511": "44", "0150": "01", "5222": ""}
    for code, wanted in exchanges.items():
        party = blind_party(code)
        assert division(party) == wanted


def blind_party(code):
    from lichen.knowledge.maestri import Party, divisions_of

    return Party("", "", code, divisions_of(code))


def test_firms_have_codes_that_tell_nothing_but_the_sector():
    assert park(BASE, "taranto").inventory.firms[0] == Firm("firm-3110", "firm-3110", "3110")
