"""A user's own exchange types: good rows come in, bad ones are refused together, with cell and remedy."""

import csv
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.errors import LANGUAGES, FileError, InputError
from lichen.knowledge.columns import TABLES, column, columns
from lichen.knowledge.read import additions, knowledge, read_additions, read_exchange_types, with_additions
from lichen.knowledge.references import reference
from lichen.knowledge.values import CITY
from lichen.sheets import Sheet
from lichen.vocabulary.names import is_chinese

GOOD = {
    "id": "my-slag", "name_en": "My slag in bricks", "name_zh": "矿渣制砖", "donor": "3110; 3120", "receiver": "3031",
    "stream": "slag.steel", "replaces": "mineral.clay; mineral.sand", "rate": "0.9; 0.3", "rate_low": "0.8;",
    "rate_high": "1.0;", "rate_unit": "t/t; t/t", "rate_kind": "measured; estimated", "rate_source": "own trial; M:1,12,27",
    "cap_of": "building.brick", "cap_low": "", "cap_high": "30", "cap_unit": "%", "cap_source": "gb-6566",
    "conditions": "leaching; grading", "treatment": "crushing", "carbon": "none", "co2": "0.05", "co2_unit": "tCO2/t",
    "co2_kind": "estimated", "co2_source": "own balance", "co2_note": "gate to gate", "known_from": "taranto planned M:1,12,27",
    "judgement": "conditions",
}  # fmt: skip
NO_RATE = {"rate": "", "rate_low": "", "rate_high": "", "rate_unit": "", "rate_kind": "", "rate_source": ""}
CONDITION = {
    "id": "my-limit", "quantity": "composition", "substance": "MgO|氧化镁", "operator": "<=", "limit": "13", "unit": "%",
    "severity": "required", "ask_en": "How much MgO?", "source": "own trial",
}  # fmt: skip


def text(*rows, table="exchange_types", names=None):
    out = io.StringIO()
    writer = csv.DictWriter(out, names or [c.name for c in columns(table)])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def write(tmp_path):
    def make(*rows, table="exchange_types", name="own.csv", names=None):
        path = tmp_path / name
        path.write_text(text(*rows, table=table, names=names), encoding="utf-8")
        return path

    return make


def codes(path, *more):
    with pytest.raises(InputError) as error:
        read_exchange_types(path, *more)
    for lang in LANGUAGES:
        assert all(p.mend(lang) for p in error.value.problems), error.value.text(lang)
        assert all(p.where.text(lang) for p in error.value.problems)
    return [p.code.removeprefix("knowledge.") for p in error.value.problems if p.severity == "error"]


def test_a_good_row(write):
    found = read_exchange_types(write(GOOD))["my-slag"]
    assert found.donors == ("3110", "3120")
    clay, sand = found.replaces
    assert (clay.rate.value, clay.rate.low, clay.rate.high, clay.rate.kind) == (0.9, 0.8, 1.0, "measured")
    assert (sand.material, sand.rate.low) == ("mineral.sand", None)
    assert sand.rate.source == "MAESTRI Exchanges Database, case 1, source 12, exchange 27"
    assert (found.caps[0].low, found.caps[0].high, found.caps[0].of) == (None, 0.3, "building.brick")
    assert [c.id for c in found.conditions] == ["leaching", "grading"]
    assert found.co2.note == "gate to gate"
    assert (found.evidence[0].case, found.evidence[0].status) == ("taranto", "planned")
    assert found.status == "planned"


def test_few_columns_are_enough(write):
    names = ["id", "name_zh", "donor", "receiver", "stream", "sources"]
    row = {
        "id": "x",
        "name_zh": "钢渣制砖",
        "donor": "城市",
        "receiver": "3031",
        "stream": "钢渣",
        "sources": "我厂试验",
    }
    found = read_exchange_types(write(row, names=names))["x"]
    assert found.donors == (CITY,)
    assert found.streams == ("slag.steel",)
    assert found.name.text("en") == "钢渣制砖"  # the one name stands for both
    assert found.replaces == found.caps == found.conditions == ()
    assert found.co2 is None
    assert found.status is None
    assert found.sources[0].checked == "user"


def test_chinese_headings_and_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["说明", "本表为示例"])
    names = ["id", "name_zh", "donor", "receiver", "stream", "conditions", "sources"]
    sheet.append([column("exchange_types", n).heading_zh for n in names])
    sheet.append(["x", "钢渣制砖", 3120, 3031, "slag.steel", "my-limit", "own"])
    other = book.create_sheet("条件")
    other.append([column("conditions", n).heading_zh for n in CONDITION])
    other.append([float(v) if n == "limit" else v for n, v in CONDITION.items()])
    book.create_sheet("other").append(["nothing", "of", "ours"])
    book.save(tmp_path / "own.xlsx")
    found = read_exchange_types(tmp_path / "own.xlsx")["x"]
    assert found.donors == ("3120",)
    assert found.conditions[0].limit == 13.0
    assert found.conditions[0].substances == ("MgO", "氧化镁")


def test_conditions_in_a_file_of_their_own(write):
    types = write(GOOD | {"conditions": "my-limit"})
    assert codes(types) == ["unknown_id"]
    limits = write(CONDITION, table="conditions", name="limits.csv")
    found = read_exchange_types(types, limits)["my-slag"].conditions[0]
    assert (found.id, found.checked, found.ask.text("zh")) == ("my-limit", "user", "How much MgO?")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"id": ""}, ["empty"]),
        ({"id": "My Slag"}, ["bad_id"]),
        ({"id": "fly-ash-cement"}, ["taken_id"]),
        ({"name_en": "", "name_zh": ""}, ["empty"]),
        ({"donor": ""}, ["empty"]),
        ({"donor": "610"}, ["unknown_industry"]),
        ({"receiver": "3031; 99999"}, ["unknown_industry"]),
        ({"stream": "steel slg"}, ["unknown_material"]),
        ({"replaces": "clay; nothing known"}, ["unknown_material"]),
        ({"rate_unit": "t/t"}, ["no_unit"]),
        ({"rate_unit": "t/t; tons of"}, ["units.unknown"]),
        ({"rate_kind": "measured; guessed"}, ["not_one_of"]),
        ({"rate_kind": "measured"}, ["no_kind"]),
        ({"rate_source": "own trial"}, ["no_source"]),
        ({"rate_source": "own trial; M:1,12"}, ["maestri_reference"]),
        ({"rate_low": "1.1;", "rate_high": "0.8;"}, ["figures.range"]),
        ({"rate_low": "0.8;", "rate_high": ""}, ["figures.half_range"]),
        ({"rate": "0.9; 0.3; 0.1"}, ["places"]),
        ({"rate": "; 0.3"}, ["alone"] * 5),
        ({"rate": "0; 0.3", "rate_low": "", "rate_high": ""}, ["rate"]),
        ({"rate": "-0.9; 0.3", "rate_low": "", "rate_high": ""}, ["rate"]),
        ({"rate": "1e7; 0.3", "rate_low": "", "rate_high": ""}, ["rate"]),
        ({"rate": "much; 0.3"}, ["numerals.not_a_number"]),
        ({"replaces": ""}, ["places"] * 4),
        ({"needs_demand": "perhaps"}, ["not_one_of"]),
        ({"needs_demand": "yes", "replaces": "", **NO_RATE}, ["needs_what"]),
        ({"rate_basis": "weight"}, ["not_one_of"] * 2),
        ({"cap_high": "130"}, ["share"]),
        ({"cap_high": "30", "cap_low": "40"}, ["upside_down"]),
        ({"cap_high": ""}, ["empty"]),
        ({"cap_unit": ""}, ["no_unit"]),
        ({"cap_unit": "t"}, ["unit_misfit"]),
        ({"cap_unit": "parts"}, ["units.unknown"]),
        ({"cap_source": ""}, ["no_source"]),
        ({"cap_of": "brick walls"}, ["unknown_material"]),
        ({"conditions": "leachin"}, ["unknown_id"]),
        ({"treatment": "milling"}, ["unknown_id"]),
        ({"standards": "gb-175"}, ["unknown_id"]),
        ({"carbon": "black"}, ["not_one_of"]),
        ({"carbon_factor": "lhv_coke"}, ["unknown_id"]),
        ({"co2_unit": "t/t"}, ["unit_misfit"]),
        ({"co2_unit": "t/tCO2"}, ["unit_misfit"]),
        ({"co2_kind": ""}, ["no_kind"]),
        ({"co2": ""}, ["alone"] * 3),
        ({"known_from": "taranto M:1,12,27"}, ["known_entry"]),
        ({"known_from": "taranto done M:1,12,27"}, ["known_entry"]),
        ({"known_from": "tarant planned M:1,12,27"}, ["unknown_id"]),
        ({"known_from": ""}, ["no_sources"]),
        ({"judgement": "colour"}, ["unknown_id"]),
        ({"note_en": "x" * 3000}, ["too_long"]),
        ({"note_en": "a\u202eb"}, ["control"]),
    ],
)
def test_bad_rows_are_refused(write, changes, wanted):
    found = codes(write(GOOD | changes))
    found = [c for c in found if c != "empty" or wanted[0] == "empty"]
    assert found == wanted


def test_all_problems_come_at_once(write):
    other = GOOD | {"id": "my-slag", "donor": "xx", "co2_unit": "", "known_from": ""}
    assert sorted(codes(write(GOOD, other))) == ["doubled_id", "no_sources", "no_unit", "unknown_industry"]


def test_the_cell_is_named(write):
    with pytest.raises(InputError) as error:
        read_exchange_types(write(GOOD, GOOD | {"id": "b", "stream": "steel slg"}))
    (problem,) = error.value.problems
    assert (problem.where.file, problem.where.cell) == ("own.csv", "F3")
    assert "slag.steel" in problem.mend("en")


def test_a_hyphen_stands_for_no_case(write):
    found = read_exchange_types(write(GOOD | {"known_from": "- implemented own visit 2024"}))["my-slag"]
    assert found.evidence[0].case == ""
    assert found.evidence[0].source.citation == "own visit 2024"
    assert found.cases == ()


def test_one_basis_stands_for_all(write):
    found = read_exchange_types(write(GOOD | NO_RATE | {"rate_basis": "mass"}))["my-slag"]
    assert [s.basis for s in found.replaces] == ["mass", "mass"]
    found = read_exchange_types(write(GOOD | NO_RATE | {"rate_basis": "mass;"}))["my-slag"]
    assert [s.basis for s in found.replaces] == ["mass", ""]


@pytest.mark.parametrize(("told", "needed"), [("yes", True), ("Yes", True), ("no", False), ("", False)])
def test_a_type_may_need_a_demand(write, told, needed):
    assert read_exchange_types(write(GOOD | {"needs_demand": told}))["my-slag"].needs_demand is needed


def test_decimal_comma(write):
    commas = {"rate": "0,9; 0,3", "rate_low": "0,8;", "rate_high": "1,0;", "co2": "0,05"}
    assert read_exchange_types(write(GOOD | commas))["my-slag"].replaces[0].rate.value == 0.9
    assert "numerals.contradiction" in codes(write(GOOD | commas | {"co2": "0.05"}))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"operator": ""}, ["half_limit"]),
        ({"limit": ""}, ["half_limit"]),
        ({"unit": ""}, ["half_limit"]),
        ({"unit": "kg"}, ["unit_misfit"]),
        ({"unit": "pct"}, ["units.unknown"]),
        ({"substance": ""}, ["empty"]),
        ({"quantity": "other"}, ["no_limit_here"]),
        ({"quantity": "colour"}, ["not_one_of"]),
        ({"quantity": "temperature"}, ["unit_misfit"]),
        ({"quantity": "form", "operator": "", "limit": "", "unit": ""}, ["not_one_of"] * 2),
        ({"severity": "nice"}, ["not_one_of"]),
        ({"ask_en": ""}, ["empty"]),
        ({"source": ""}, ["empty"]),
        ({"id": "leaching"}, ["taken_id"]),
        ({"limit": "1.234"}, ["numerals.ambiguous"]),
    ],
)
def test_bad_conditions_are_refused(write, changes, wanted):
    types = write(GOOD | {"conditions": changes.get("id", "my-limit")})
    assert codes(types, write(CONDITION | changes, table="conditions", name="limits.csv")) == wanted


def test_a_limit_without_operator_is_a_question(write):
    row = CONDITION | {"operator": "", "limit": "", "unit": ""}
    found = read_additions([write(row, table="conditions")])
    assert found.ok
    assert not found.conditions["my-limit"].is_limit


def test_a_file_that_is_none_of_ours(tmp_path, write):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert codes(tmp_path / "x.csv") == ["no_table"]
    with pytest.raises(FileError):
        read_exchange_types(tmp_path / "none.csv")
    with pytest.raises(FileError) as error:
        read_additions([tmp_path / "none.csv", tmp_path / "other.csv"])
    assert len(error.value.problems) == 2


def test_missing_and_unknown_columns(write):
    names = [c.name for c in columns("exchange_types") if c.name != "stream"]
    row = {k: v for k, v in GOOD.items() if k in names}
    assert codes(write(row, names=names)) == ["no_column"]
    found = read_additions([write(GOOD | {"colour": "grey"}, names=[*names, "stream", "colour"])])
    assert [(p.code, p.severity) for p in found.problems] == [("knowledge.unknown_column", "warning")]
    assert "my-slag" in found.types


def test_own_rows_stand_beside_the_library(write):
    both = with_additions(knowledge(), read_additions([write(GOOD)]))
    assert set(both.types) == {*knowledge().types, "my-slag"}
    assert both.cases is knowledge().cases


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_explained_in_both_languages(name):
    for c in columns(name):
        assert is_chinese(c.heading_zh)
        assert is_chinese(c.meaning("zh")) or c.name.endswith("_kind")
        assert not is_chinese(c.meaning("en")) or c.name == "substance"
        assert not c.places or column(name, c.places)
    assert len({c.heading_zh for c in columns(name)}) == len(columns(name))


def test_references():
    assert reference("M: 16, 30, 35").key == "M:16,30,35"
    assert reference("M:16,30,35").note
    assert reference("M:16,20,1").note == ""
    assert reference("su12093650").doi == "10.3390/su12093650"
    assert "Sustainability 2020, 12(9), 3650" in reference("su12093650").citation
    assert reference("A paper, 1999").citation == "A paper, 1999"
    assert reference("M:1,2") is None


HOSTILE = st.one_of(
    st.text(max_size=30), st.sampled_from([";;;", "；", "M:1,2,3", "M:", "1e999", "nan", "=1+1", "- implemented x", "city"])
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([c.name for c in columns("exchange_types")]), HOSTILE, min_size=1, max_size=5))
def test_whatever_stands_in_a_cell_is_told_and_never_crashes(changes):
    names = [c.name for c in columns("exchange_types")]
    row = GOOD | changes
    sheet = Sheet("h.csv", "", (tuple(names), tuple(row.get(n) or None for n in names)))
    found = additions([sheet], knowledge())
    assert (row["id"].strip() in found.types) == found.ok or not found.types
    for p in found.problems:
        assert all(p.text(lang) for lang in LANGUAGES)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([c.name for c in columns("conditions")]), HOSTILE, min_size=1, max_size=4))
def test_whatever_stands_in_a_condition_is_told_and_never_crashes(changes):
    names = [c.name for c in columns("conditions")]
    row = CONDITION | changes
    sheet = Sheet("h.csv", "", (tuple(names), tuple(row.get(n) or None for n in names)))
    found = additions([sheet], knowledge())
    assert bool(found.conditions) == found.ok or not found.conditions
    for p in found.problems:
        assert all(p.text(lang) for lang in LANGUAGES)
