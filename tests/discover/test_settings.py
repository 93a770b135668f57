"""Numbers that are choices: each is there, has a source, and a study's own are checked."""

import math

import pytest

from lichen.discover.settings import Settings, default_weights, setting, table, weights_of
from lichen.discover.values import COMPONENTS
from lichen.errors import InputError, language
from lichen.figures import KINDS
from lichen.knowledge.values import STATUSES


def test_every_number_has_a_source_and_lies_in_its_range():
    for name, row in table().items():
        assert row["source"], name
        assert row["checked"] in ("seen", "recalled", "judgement")
        assert (row["kind"] == "assumed") == (row["checked"] == "judgement")
        if row["low"]:
            assert float(row["low"]) <= setting(name) <= float(row["high"])


def test_weights_add_up_and_every_state_has_its_evidence():
    assert sum(default_weights().values()) == pytest.approx(1)
    assert tuple(default_weights()) == COMPONENTS
    assert all(0 < setting(f"evidence_{s}") <= 1 for s in (*STATUSES, "none"))
    assert all(0 < setting(f"data_{k}") <= 1 for k in KINDS)
    assert [setting(f"data_{k}") for k in KINDS] == sorted((setting(f"data_{k}") for k in KINDS), reverse=True)
    assert Settings().weights == default_weights()
    assert Settings().road_factor == setting("road_factor") == 1.33


def test_weights_that_are_named_replace_those_that_ship():
    found = weights_of({"gain": 3, "data": 0})
    assert (found["gain"], found["data"], found["evidence"]) == (3, 0, setting("weight_evidence"))
    assert weights_of({}) == default_weights()
    only_one = weights_of(dict.fromkeys(COMPONENTS, 0) | {"fit": 1})
    assert sum(only_one.values()) == 1


def test_every_wrong_weight_is_told_in_both_languages():
    wrong = {"evidense": 1, "gain": -1, "fit": math.nan, "data": math.inf, "x": 0}
    with pytest.raises(InputError) as caught:
        weights_of(wrong)
    assert [p.code for p in caught.value.problems] == [
        "discover.unknown_weight", "discover.bad_weight", "discover.bad_weight", "discover.bad_weight", "discover.unknown_weight",
    ]  # fmt: skip
    assert caught.value.problems[0].values["near"] == "evidence"
    assert caught.value.problems[1].where.key == "discover.weights.gain"
    with language("zh"):
        assert "评分中没有" in str(caught.value)
    with pytest.raises(InputError, match="All weights are 0"):
        weights_of(dict.fromkeys(COMPONENTS, 0))
