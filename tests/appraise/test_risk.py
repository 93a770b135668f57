"""Risk register, readiness and contract outline: checked, ordered, in both languages."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import lichen.appraise
from flows import codes
from lichen.appraise import (
    Readiness,
    Risk,
    contract_outline,
    grave,
    modes_not_looked_at,
    readiness_levels,
    risk_register,
)
from lichen.appraise.risk import FAILURE_MODES, SCALES, mode_name, mode_question, scale_words
from lichen.errors import InputError
from lichen.figures import Text

WORDS = tomllib.loads((Path(lichen.appraise.__file__).parent / "words.toml").read_text(encoding="utf-8"))
SLAG = Risk("slag", "quality", "too wet", 4, 7, 4, "lab", "covered store")
CLOSE = Risk("slag", "partner closes", "kiln is closed", 10, 2, 3, "park", "second receiver")
HEAT = Risk("heat", "quantity", "summer stop", 7, 7, 1, "works", "boiler in reserve")


def test_order_by_priority_then_severity():
    assert (SLAG.priority, CLOSE.priority, HEAT.priority) == (112, 60, 49)
    assert risk_register([HEAT, CLOSE, SLAG]) == (SLAG, CLOSE, HEAT)
    level = replace(SLAG, severity=7, occurrence=4, description="lumps")
    assert risk_register([SLAG, level])[0] is level


def test_a_low_product_does_not_hide_a_grave_risk():
    assert grave([HEAT, CLOSE, SLAG], 9) == (CLOSE,)


def test_what_was_not_looked_at():
    assert modes_not_looked_at([SLAG, CLOSE, HEAT], "slag") == ("quantity", "permit", "price", "technology")
    assert modes_not_looked_at([], "slag") == FAILURE_MODES


def test_all_faults_of_a_register_come_together():
    with pytest.raises(InputError) as error:
        risk_register([replace(SLAG, severity=0, detection=11), replace(SLAG, mode="weather", owner=" ", mitigation=""),
                       replace(SLAG, exchange="", description=""), SLAG, replace(SLAG, occurrence=2.5)])  # fmt: skip
    assert codes(error) == [
        "not_whole", "not_whole", "choice", "no_owner", "no_mitigation", "no_exchange", "no_description", "doubled", "not_whole", "doubled",
    ]  # fmt: skip
    assert "risk 2 (slag)" in error.value.text("en")


def test_readiness():
    levels = readiness_levels()
    assert list(levels) == list(range(1, 10))
    one = Readiness("slag", 4, "analysis of March")
    assert one.meaning == levels[4]
    assert one.next_step == levels[5]
    assert Readiness("slag", 9, "deliveries").next_step is None
    with pytest.raises(InputError) as error:
        Readiness("slag", 0, "")
    assert codes(error) == ["not_whole", "no_evidence"]


def test_contract_outline_has_what_was_agreed_and_what_is_open():
    terms = contract_outline({"price": Text("20 CNY/t", "20 元/吨")})
    agreed = {term.id: term.agreed for term in terms}
    assert agreed.pop("price") == Text("20 CNY/t", "20 元/吨")
    assert set(agreed.values()) == {None}
    assert "capacity_price" not in agreed
    with_heat = [term.id for term in contract_outline(heat=True)]
    assert {"capacity_price", "temperature"} <= set(with_heat)
    assert len(with_heat) == len(terms) + 2
    with pytest.raises(InputError) as error:
        contract_outline({"prize": Text("1"), "temperature": Text("90")})
    assert codes(error) == ["term", "term"]
    assert "price" in error.value.text("en")


def test_every_failure_mode_has_terms_that_answer_it():
    answered = {mode for term in contract_outline(heat=True) for mode in term.modes}
    assert answered == set(FAILURE_MODES)


def _entries(table):
    for key, value in table.items():
        if isinstance(value, dict):
            if "en" in value:
                yield key, value
            else:
                yield from _entries(value)


@pytest.mark.parametrize(("key", "entry"), list(_entries(WORDS)), ids=lambda v: v if isinstance(v, str) else "")
def test_words_are_in_both_languages(key, entry):
    for start in ("", "ask_"):
        if start + "en" in entry or start + "zh" in entry:
            assert re.search(r"[\u4e00-\u9fff]", entry[start + "zh"])
            assert not re.search(r"[\u4e00-\u9fff]", entry[start + "en"])


def test_words_of_modes_and_scales():
    for mode in FAILURE_MODES:
        assert mode_name(mode).text("zh") != mode_name(mode).text("en")
        assert mode_question(mode).text("zh").endswith("？")
    for scale in SCALES:
        assert [min(scale_words(scale)), max(scale_words(scale))] == [1, 10]
