"""A newcomer against a park: thresholds, links with and without it, and every fault with its place."""

from dataclasses import replace

import pytest

from appraisals import ADDED, ASH, BRICK, CEMENT, CLINKER, LAND, newcomer, study, threshold
from appraisals import BRICK_FLOWS as FLOWS
from discoveries import firm
from lichen.errors import InputError, StudyError, language
from lichen.inventory.store import load, save
from lichen.inventory.values import Inventory
from lichen.study.discovery import run_discovery
from lichen.study.settlement import read_amount, run_settlement
from lichen.study.settlement_tables import settlement_as_dict, settlement_tables


def one(tmp_path, settings="", flows=FLOWS, **more):
    result = run_settlement(study(tmp_path / "s", settings=settings), newcomer(tmp_path, flows), **more)
    (found,) = result.newcomers
    return found


# --- thresholds ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(None, 0.4, "met"), (None, 0.3, "not met"), (0.3, None, "met"), (0.4, None, "not met"), (0.3, 0.4, "met"), (0.36, 0.4, "not met")],
)  # fmt: skip
def test_an_intensity_is_put_beside_its_ends(tmp_path, low, high, verdict):
    found = one(tmp_path, threshold(low=low, high=high))
    (check,) = found.checks
    assert check.found.value == pytest.approx(6000 * 20.908 / 29.3076 / 12_000, rel=1e-4)
    assert (check.verdict, check.unit, check.low, check.high) == (verdict, "tce/万元", low, high)
    assert found.verdict == verdict


def test_ends_in_two_units_are_compared_in_one(tmp_path):
    text = (
        threshold(low=0.3, unit="tce/万元")
        + 'high = { value = 14, unit = "GJ/万元", kind = "reported", source = "made-up" }\n'
    )
    (check,) = one(tmp_path, text).checks
    assert check.high == pytest.approx(14 / 29.3076, rel=1e-4)
    assert check.verdict == "met"


def test_what_a_survey_does_not_tell_comes_from_the_call(tmp_path):
    text = threshold("value added", "land", low=9, unit="亿元/km2")
    bare = one(tmp_path, text)
    assert bare.checks[0].verdict == "not known"
    assert bare.verdict == "not known"
    told = run_settlement(tmp_path / "s", tmp_path / "new.xlsx", value_added=ADDED, land=LAND).newcomers[0]
    assert told.checks[0].found.value == pytest.approx(20)
    assert told.verdict == "met"


def test_advice_refuses_nobody(tmp_path):
    text = threshold(high=0.1, more="required = false") + threshold(
        "waste used", "waste", low=70, unit="%", code="use", more="required = false"
    )
    found = one(tmp_path, text)
    assert [c.verdict for c in found.checks] == ["not met", "not met"]
    assert found.verdict == "met"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (threshold(), ["no_end"]),
        (threshold("waste used", "revenue", low=1), ["used_of_waste", "unit"]),
        (threshold("energy", "waste", low=1, unit="GJ/t"), ["used_of_waste"]),
        (threshold("revenue", "revenue", low=1, unit="1"), ["same"]),
        (threshold(low=1, unit="m3/万元"), ["unit"]),
        (threshold(low=2, high=1), ["ends"]),
        (threshold(low=1) + threshold(low=1), ["doubled"]),
    ],
)
def test_thresholds_that_cannot_be_are_told(tmp_path, settings, told):
    with pytest.raises(StudyError) as caught:
        run_settlement(study(tmp_path / "s", settings=settings))
    assert [p.code.split(".")[1] for p in caught.value.problems] == told
    for lang in ("en", "zh"):
        with language(lang):
            assert str(caught.value)


def test_a_threshold_needs_its_source(tmp_path):
    with pytest.raises(StudyError, match="nobody"):
        run_settlement(study(tmp_path / "s", settings=threshold(low=1).replace("made-up", "nobody")))


# --- links -----------------------------------------------------------------------------------------------------------
def test_links_are_those_that_the_park_has_not(tmp_path):
    found = one(tmp_path)
    assert [o.id for o in found.takes] == ["power>ash.fly.coal>brick"]
    assert [o.id for o in found.rivals] == ["power>ash.fly.coal>cement"]
    assert {o.way for o in found.sure} <= {o.way for o in (*found.gives, *found.takes)} - {"similar"}
    assert "power>ash.fly.coal>brick" in [o.id for o in found.sure]
    assert "3031" in [a.industry for a in found.fills]
    before = {o.id for o in run_discovery(tmp_path / "s").found.opportunities}
    assert not {o.id for o in (*found.gives, *found.takes)} & before


def test_the_park_stays_as_it_is(tmp_path):
    folder = study(tmp_path / "s")
    before = load(folder)
    run_settlement(folder, newcomer(tmp_path))
    assert load(folder) == before


def test_links_are_those_of_the_park_with_the_newcomer_in_it(tmp_path):
    found = one(tmp_path)
    folder = study(tmp_path / "t")
    together = load(folder)
    save(Inventory((*together.firms, BRICK), (), (*together.flows, *FLOWS)), folder)
    grown = run_discovery(folder).found.opportunities
    mine = {o.id: o.quantity for o in grown if "brick" in (o.donor.id, o.receiver.id)}
    assert {o.id: o.quantity for o in (*found.gives, *found.takes)} == mine


def test_without_a_workbook_only_the_criteria(tmp_path):
    result = run_settlement(study(tmp_path / "s"))
    assert result.newcomers == ()
    assert {a.industry for a in result.could_take} >= {"3031"}
    assert {a.industry for a in result.could_give} >= {"3110"}  # granulated slag in place of clinker
    assert [p.code for p in result.findings if p.code.startswith("settle")] == ["settle.no_thresholds"]


def test_another_year_counts_as_the_parks_and_is_said(tmp_path):
    later = [replace(f, year=2030) for f in FLOWS]
    result = run_settlement(study(tmp_path / "s"), newcomer(tmp_path, later))
    assert "settle.other_year" in [p.code for p in result.findings]
    assert [o.id for o in result.newcomers[0].takes] == ["power>ash.fly.coal>brick"]


# --- workbooks that cannot be ----------------------------------------------------------------------------------------
def refused(tmp_path, path):
    with pytest.raises(InputError) as caught:
        run_settlement(study(tmp_path / "s"), path)
    return [p.code for p in caught.value.problems]


def test_a_firm_that_is_there_already_is_refused(tmp_path):
    there = firm("power", "4411", (26.0, 106.0))
    assert "settle.known_firm" in refused(tmp_path, newcomer(tmp_path, [replace(ASH)], [there]))


def test_an_empty_workbook_is_told(tmp_path):
    assert "settle.no_firm" in refused(tmp_path, newcomer(tmp_path, (), ()))


def test_a_workbook_with_a_fault_is_told(tmp_path):
    bad = newcomer(tmp_path, FLOWS, [replace(BRICK, industry="9999")])
    assert any(code.startswith("inventory") for code in refused(tmp_path, bad))


def test_several_firms_cannot_share_one_number(tmp_path):
    folder = study(tmp_path / "s")
    path = newcomer(tmp_path, FLOWS, [BRICK, firm("glass", "3042", (26.1, 106.1))])
    assert len(run_settlement(folder, path).newcomers) == 2
    with pytest.raises(InputError, match="one firm at a time"):
        run_settlement(folder, path, land=LAND)


@pytest.mark.parametrize("text", ["", "12", "ha", "-3 ha", "12 t", "0 ha", "1e400 ha", "twelve ha", "12 ha; rm"])
def test_amounts_that_cannot_be(text):
    with pytest.raises(StudyError):
        read_amount(text, "ha", "--land", "12 ha")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [("12 ha", "ha", 12), ("180亩", "ha", 12), ("5 000 万元/a", "CNY/a", 5e7), ("0.5 亿元", "CNY", 5e7)],
)
def test_amounts_with_their_units(text, unit, value):
    assert read_amount(text, "CNY/a" if "CNY" in unit else "ha", "--x", "").to(unit) == pytest.approx(value)


# --- tables ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_have_rows_of_one_length(tmp_path, lang):
    text = threshold(high=0.4) + threshold("value added", "land", low=9, unit="亿元/km2", code="land")
    result = run_settlement(study(tmp_path / "s", settings=text, flows=(ASH, CLINKER, CEMENT)), newcomer(tmp_path))
    for name, cells in settlement_tables(result, lang).items():
        assert len(set(cells[0])) == len(cells[0]), name
        assert {len(row) for row in cells} == {len(cells[0])}, name
    told = settlement_as_dict(result, lang)
    assert told["verdicts"] == {"brick": "not known"}
    assert [r["verdict"] for r in told["settle_checks"]] == ["met", "not known"]
    assert told["settle_checks"][1]["found"] is None
