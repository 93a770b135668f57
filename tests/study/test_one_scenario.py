"""A scenario that somebody picks is the one that the study would have said."""

from dataclasses import replace
from pathlib import Path

import pytest

from lichen.errors import StudyError
from lichen.figures import Figure, Text
from lichen.study.config import ExchangeFile
from lichen.study.load import load_study
from lichen.study.one_scenario import ID, run_picked, with_exchanges
from lichen.study.run import quantity_figures, run_study

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"


@pytest.fixture(scope="module")
def loaded():
    found = load_study(GUIYANG)
    return replace(found, study=replace(found.study, report=replace(found.study.report, draws=0)))


def test_the_quantities_of_a_scenario_of_the_study_give_its_result(loaded):
    whole = run_study(GUIYANG).assessments["UIS2012"]
    found = run_picked(loaded, "BAU2012", quantity_figures(loaded.book, "designed"), Text("Mine"))
    mine = found.headline
    assert (mine.scenario, mine.reference) == ("Mine", "BAU2012")
    assert mine.change("CO2") == pytest.approx(whole.change("CO2"), rel=1e-12)
    assert {e.id for e in mine.exchanges} == {e.id for e in whole.exchanges}


def test_what_is_not_picked_stays_as_in_the_reference(loaded):
    one = Figure(30_000, "t/a", "assumed", "picked", 30_000, 30_000)  # as much as flows already
    found = run_picked(loaded, "BAU2012", {"steel-slag-cement": one}).headline
    assert found.scenario == ID
    assert found.exchanges == ()
    assert found.change("CO2") == pytest.approx(0, abs=1e-9)
    none = replace(one, value=0.0, low=0.0, high=0.0)
    stopped = run_picked(loaded, "BAU2012", {"steel-slag-cement": none}).headline
    assert [e.amount for e in stopped.exchanges] == [-30_000]


def test_what_cannot_be_is_told(loaded):
    much = Figure(1e12, "t/a", "assumed", "picked", 1e12, 1e12)
    with pytest.raises(StudyError):
        run_picked(loaded, "BAU2012", {"steel-slag-cement": much})
    with pytest.raises(StudyError) as caught:
        run_picked(loaded, "nothing", {})
    assert [p.code for p in caught.value.problems] == ["study.unknown_id"]


def test_exchanges_of_a_network_are_added_once(loaded):
    first = loaded.book.exchanges[0]
    more = ExchangeFile((first, replace(first, id="network x")), loaded.book.products[:1])
    both = with_exchanges(loaded, more).book
    assert [e.id for e in both.exchanges] == [*(e.id for e in loaded.book.exchanges), "network x"]
    assert both.products == loaded.book.products
