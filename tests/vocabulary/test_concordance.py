"""Concordances: rows, splits by output, chains, and the ones that ship."""

import numpy as np
import pytest

from lichen.errors import LabelError
from lichen.vocabulary import sectors as module
from lichen.vocabulary.concordance import Concordance
from lichen.vocabulary.sectors import classifications, concordance, sectors

ROWS = [("a", "X", 1), ("b", "X", "0.5"), ("b", "Y", 0.5), ("c", "Y", "output"), ("c", "Z", "output")]
SIZES = {"Y": 1.0, "Z": 3.0}


def make(rows=ROWS, sizes=SIZES, sources=("a", "b", "c"), targets=("X", "Y", "Z"), **more):
    return Concordance.from_rows(rows, source_labels=sources, target_labels=targets, sizes=sizes, **more)


def test_rows_become_weights():
    W = make(source="S", target="T")
    np.testing.assert_allclose(W.weights, [[1, 0, 0], [0.5, 0.5, 0], [0, 0.25, 0.75]])
    assert (W.source, W.target) == ("S", "T")
    assert not W.weights.flags.writeable


def test_a_target_of_size_zero_gets_nothing_and_is_not_empty():
    assert make(sizes={"Y": 2.0, "Z": 0.0}).weights[:, 2].sum() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rows": ROWS[1:]}, "concordance.unmapped"),
        ({"rows": [*ROWS, ("d", "X", 1)]}, "concordance.unknown_source"),
        ({"rows": [*ROWS[:-2], ("c", "W", 1)]}, "concordance.unknown_target"),
        ({"rows": [*ROWS, ROWS[0]]}, "concordance.doubled"),
        ({"rows": [("a", "X", "all"), *ROWS[1:]]}, "concordance.share"),
        ({"rows": [("a", "X", 1.5), *ROWS[1:]]}, "concordance.share"),
        ({"rows": [("a", "X", float("nan")), *ROWS[1:]]}, "concordance.share"),
        ({"rows": [("a", "X", 0.9), *ROWS[1:]]}, "concordance.not_one"),
        ({"rows": [*ROWS[:-1], ("c", "Z", 0.5)]}, "concordance.mixed"),
        ({"sizes": None}, "concordance.no_sizes"),
        ({"sizes": {"Y": 1.0}}, "concordance.no_sizes"),
        ({"sizes": {"Y": 1.0, "Z": -1.0}}, "concordance.bad_size"),
        ({"sizes": {"Y": 1.0, "Z": float("inf")}}, "concordance.bad_size"),
        ({"sizes": {"Y": 0.0, "Z": 0.0}}, "concordance.zero_sizes"),
        ({"targets": ("X", "Y", "Z", "Q")}, "concordance.empty_target"),
        ({"sources": ("a", "b", "b")}, "labels.doubled"),
        ({"final_users": ("Q",)}, "labels.unknown"),
    ],
)
def test_faulty_rows_are_named(changes, code):
    with pytest.raises(LabelError) as error:
        make(**changes)
    assert code in [p.code for p in error.value.problems]
    for lang in ("en", "zh"):
        assert error.value.text(lang)


def test_a_faulty_row_is_told_once():
    with pytest.raises(LabelError) as error:
        make(rows=[("a", "XX", 1), *ROWS[1:]])
    assert [p.code for p in error.value.problems] == ["concordance.unknown_target"]


def test_unmapped_sources_come_with_a_suggestion():
    with pytest.raises(LabelError, match="coal mining"):
        make([("coal mining", "X", 1)], None, ("coal mining", "coal mine"), ("X",))


def test_empty_targets_may_be_allowed():
    assert make(targets=("X", "Y", "Z", "Q"), allow_empty=True).weights[:, 3].sum() == 0
    assert Concordance("a", ("X", "Y"), [[1, 0]], allow_empty=True).weights.shape == (1, 2)


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ([[1.0, 0.0], [-0.5, 1.5]], "concordance.negative"),
        ([[1.0, 0.0], [0.0, 0.999]], "concordance.not_one"),
        ([[1.0, 0.0], [1.0, 0.0]], "concordance.empty_target"),
        ([[1.0, 0.0]], "labels.shape"),
    ],
)
def test_weights_are_checked(weights, code):
    with pytest.raises(LabelError) as error:
        Concordance(("a", "b"), ("X", "Y"), weights)
    assert code in [p.code for p in error.value.problems]


def test_chains():
    first = make(source="S", target="M", final_users=("Z",))
    second = Concordance(("Y", "X"), ("all",), [[1], [1]], "M", "ONE")
    both = first.then(second)
    assert both.target_labels == ("all", "Z")
    assert both.final_users == ("Z",)
    assert (both.source, both.target) == ("S", "ONE")
    np.testing.assert_allclose(both.weights, [[1, 0], [1, 0], [0.25, 0.75]])
    with pytest.raises(LabelError) as error:
        make().then(second)
    assert error.value.problems[0].code == "concordance.chain"
    assert "Z" in error.value.text("zh")


def test_relabelling_is_by_place():
    named = make(final_users=("Z",)).relabelled(target_labels=("iks", "ypsilon", "zet"))
    assert named.source_labels == ("a", "b", "c")
    assert named.final_users == ("zet",)
    assert make().relabelled(source_labels=("1", "2", "3")).source_labels == ("1", "2", "3")


@pytest.fixture
def small_data(monkeypatch):
    data = {
        "sectors.csv": (
            {"classification": "S", "code": "a", "name_en": "Ay", "name_zh": "甲", "source": "s"},
            {"classification": "S", "code": "b", "name_en": "Bee", "name_zh": "乙", "source": "s"},
            {"classification": "T", "code": "X", "name_en": "Ex", "name_zh": "丙", "source": "s"},
        ),
        "concordances.csv": (
            {"from_classification": "S", "from": "a", "to_classification": "T", "to": "X", "share": "1"},
            {"from_classification": "S", "from": "b", "to_classification": "T", "to": "households", "share": "1"},
        ),
    }
    monkeypatch.setattr(module, "rows", lambda name: data[name])


@pytest.mark.usefixtures("small_data")
def test_loading():
    assert classifications() == ("S", "T")
    assert sectors("S").names("en") == {"a": "Ay", "b": "Bee"}
    assert sectors("S").names("zh")["b"] == "乙"
    W = concordance("S", "T")
    assert W.target_labels == ("X", "households")
    assert W.final_users == ("households",)
    with pytest.raises(LabelError, match="S → T"):
        concordance("T", "S")
    with pytest.raises(LabelError) as error:
        sectors("Q")
    assert "S、T" in error.value.text("zh")


def test_a_near_name_is_suggested_first():
    with pytest.raises(LabelError) as error:
        sectors("UIS12")
    assert error.value.problems[0].values["known"][0] == "UIS13"


def test_what_ships_loads_and_keeps_totals():
    assert len(sectors("UIS13").codes) == 13
    to13 = concordance("CN42-2007", "UIS13")
    assert to13.weights.shape == (42, 13)
    assert to13.weights.any(axis=0).all()
    outputs = dict.fromkeys(sectors("CN42-2007").codes, 1.0)
    for source in ("CEADS47", "CN42-2002", "CN42-2012"):
        W = concordance(source, "CN42-2007", outputs).then(to13)
        np.testing.assert_allclose(W.weights.sum(axis=1), 1.0)
    assert concordance("CEADS47", "CN42-2007", outputs).final_users == ("households_urban", "households_rural")


def test_names_follow_the_current_language(monkeypatch):
    monkeypatch.setenv("LICHEN_LANG", "zh")
    assert sectors("CN42-2007").names()["01"] == sectors("CN42-2007").names_zh[0]
