"""Dictionary, values, template, importer, export and messages speak of the same fields."""

import dataclasses
import typing

import openpyxl
import pytest

from lichen.errors import Where
from lichen.inventory._look import MATERIALS, listed_materials
from lichen.inventory.dictionary import ENTITIES, SHEETS, Column, columns, examples, field, fields
from lichen.inventory.fields import parse_cell
from lichen.inventory.prefill import usual_rows
from lichen.inventory.records import as_records
from lichen.inventory.store import FILES, KEYS
from lichen.inventory.survey import survey_of
from lichen.inventory.values import FATES, ROLES, Datum, Direction, Disclosure, Firm, Flow, Inventory, Process
from lichen.inventory.workbook import write_template
from lichen.sheets import Sheet, read_sheets
from lichen.units import factor, parse_unit
from lichen.vocabulary.materials import material_named
from lichen.vocabulary.names import is_chinese
from lichen.vocabulary.profiles import profiled
from surveys import offered

ALL = [f for entity in ENTITIES for f in fields(entity)]
CLASSES = {"firm": Firm, "process": Process, "flow": Flow}


def by_name(item):
    return f"{item.entity}.{item.name}"


@pytest.mark.parametrize("item", ALL, ids=by_name)
def test_a_field_is_whole(item):
    assert all(item.labels)
    assert all(item.helps)
    assert len(item.choices) == len(item.choices_zh)
    assert not (item.unit and item.units)
    assert (item.type == "choice") == bool(item.choices)
    assert item.default in ("", *item.choices)
    if item.low is not None and item.high is not None:
        assert item.low < item.high
    for unit in item.units:
        parse_unit(unit)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("item", ALL, ids=by_name)
def test_an_example_reads_without_a_problem(item, lang):
    told = [row[item.name] for row in examples(item.entity, lang) if item.name in row]
    assert told  # every column is shown filled at least once
    for value in told:
        assert parse_cell(Column(item), value, Where()).problems == ()
        assert lang == "zh" or not is_chinese(str(value))
    for row in examples(item.entity, lang):
        assert (item.name in row) == (f"{item.name} unit" in row) or not item.units
        assert lang == "zh" or not is_chinese(row.get(f"{item.name} unit", ""))
    for unit in item.units:
        assert parse_cell(Column(item, is_unit=True), unit, Where()).value == unit


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_labels_and_keys_are_told_apart(entity, lang):
    labels = [c.label(lang).lower() for c in columns(entity)]
    assert len(set(labels)) == len(labels)
    assert len({c.key for c in columns(entity)}) == len(labels)


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_label_is_never_the_key_of_another_column(entity):
    keys = {c.key: c for c in columns(entity)}
    for column in columns(entity):
        for lang in ("en", "zh"):
            assert keys.get(column.label(lang).lower(), column) == column


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_template_has_every_column_and_every_list(tmp_path, lang):
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", lang))
    assert book["Lists"].sheet_state == "hidden"
    for entity in ENTITIES:
        sheet = book[SHEETS[entity][lang == "zh"]]
        assert [c.value for c in sheet[1]] == [c.label(lang) for c in columns(entity)]
        assert [c.value or None for c in sheet[2]] == [
            None if c.is_unit else c.field.help(lang) for c in columns(entity)
        ]
        for j, column in enumerate(columns(entity)):
            wanted = [w for w in (column.field.units if column.is_unit else column.field.words(lang)) if w]
            if column.field.type == "material":
                wanted = [m.name(lang) for m in listed_materials()]
            assert offered(book, sheet).get(j, []) == wanted


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_that_are_offered_are_understood(tmp_path, lang):
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", lang))
    rows = list(book[MATERIALS].iter_rows(min_row=2, values_only=True))
    assert book[MATERIALS].sheet_state == "visible"
    assert len(rows) > 500
    for name, other, above, unit in rows:
        assert material_named(name) == material_named(other) is not None
        assert is_chinese(name) == (lang == "zh")
        assert above or not material_named(name).parent
        assert not unit or unit in field("flow", "quantity").units
    assert {unit for *_, unit in rows} >= {"t/a", "m3/a", "GJ/a"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_filled_example_is_what_the_importer_reads_and_the_export_writes(lang, tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", lang))["示例" if lang == "zh" else "Example"]
    lines = [[cell.value for cell in row] for row in book.iter_rows()]
    sheets, top = [], 0
    for entity in ENTITIES:
        keys, shown = columns(entity), len(examples(entity, lang))
        assert lines[top][0] == SHEETS[entity][lang == "zh"]
        assert lines[top + 1][: len(keys)] == [f"· {c.label(lang)}" for c in keys]
        rows = [line[: len(keys)] for line in lines[top + 2 : top + 2 + shown]]
        sheets.append(Sheet("s.xlsx", "x", (tuple(c.label(lang) for c in keys), *map(tuple, rows))))
        top += shown + 4
    found = survey_of("s.xlsx", sheets)
    assert found.problems == ()
    assert found.waiting == ()
    records = as_records(found.inventory)
    for entity in ENTITIES:
        assert len(records[entity]) == len(examples(entity, lang))
        for told, example in zip(records[entity], examples(entity, lang), strict=True):
            assert list(told) == [c.key for c in columns(entity)]
            for column in columns(entity):
                if column.field.type == "months":
                    assert bool(told[column.key]) == (column.key in example)
                elif column.key in example:
                    value = example[column.key]
                    assert told[column.key] == (float(value) if isinstance(told[column.key], float) else value)
                else:
                    assert told[column.key] in (None, "", column.field.default, "park") or column.key == "source"


def test_the_example_shows_an_input_a_product_a_by_product_and_heat():
    shown = {(row["direction"], row["role"]): row for row in examples("flow", "en")}
    assert {("in", "raw material"), ("out", "product"), ("out", "by-product"), ("out", "heat")} <= set(shown)
    heat = shown["out", "heat"]
    assert {"temperature", "pressure"} <= set(heat)
    slag = next(row for row in examples("flow", "en") if "slag" in row["material"])
    assert {"price", "months", "stock", "from_stock", "given_by", "given_on"} <= set(slag)
    steel = examples("process", "en")[0]
    slag_t = slag["quantity"] * factor(slag["quantity unit"], "t/a")
    assert 0.1 <= slag_t / (steel["output"] * factor(steel["output unit"], "t/a")) <= 0.2  # what converters give
    assert steel["output"] <= steel["capacity"]


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_export_writes_every_column_even_of_the_barest(entity):
    from lichen.figures import Figure

    bare = Inventory(
        (Firm("a", "A", "31"),), (Process("a", "p", "P"),),
        (Flow("a", "", "in", "fuel", "", "coal", Figure(1.0, "t/a", "measured", "x"), 2012),),
    )  # fmt: skip
    assert list(as_records(bare)[entity][0]) == [c.key for c in columns(entity)]


def test_choices_are_the_types_of_the_values():
    assert field("flow", "role").choices == ROLES
    assert field("flow", "fate").choices == tuple(f for f in FATES if f)
    assert field("flow", "direction").choices == typing.get_args(Direction)
    assert field("firm", "disclosure").choices == typing.get_args(Disclosure)
    assert field("flow", "disclosure").choices == ("", *typing.get_args(Disclosure))
    assert field("firm", "datum").choices == typing.get_args(Datum)
    with pytest.raises(KeyError, match=r"flow\.colour"):
        field("flow", "colour")


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_has_its_place_in_the_values(entity):
    own = {f.name for f in dataclasses.fields(CLASSES[entity])}
    inside = {"latitude": "place", "longitude": "place", "datum": "place", "quality": "quantity",
              "uncertainty": "quantity", "source": "quantity"}  # fmt: skip
    assert {inside.get(f.name, f.name) for f in fields(entity)} == own - {"given"}


def test_keys_of_rows_are_columns():
    assert set(FILES) == set(KEYS) == set(ENTITIES)
    for entity in ENTITIES:
        assert set(KEYS[entity]) <= {c.key for c in columns(entity)}


@pytest.mark.parametrize("industry", [*profiled(), "8411", "31"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_prefilled_rows_are_read_as_left_open_and_then_as_flows(tmp_path, industry, lang):
    usual = usual_rows(industry, lang)
    path = write_template(tmp_path / "t.xlsx", lang, usual)
    sheets = read_sheets(path)
    found = survey_of("t.xlsx", sheets)
    assert found.inventory == Inventory()
    assert found.ok
    assert all(p.code == "inventory.left_open" for p in found.problems)
    assert sum(p.values["count"] for p in found.problems) == sum(map(len, usual.values()))


@pytest.mark.parametrize("code", profiled())
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_prefilled_is_understood(code, lang):
    found = usual_rows(code, lang)
    ids = {row["id"] for row in found["process"]}
    assert found["firm"] == [{"industry": code}]
    assert found["flow"]
    for row in found["flow"]:
        assert row["process"] in ids
        assert row["role"] in ROLES
        assert row["quantity unit"] in ("", *field("flow", "quantity").units)
        assert lang == "zh" or not is_chinese("".join(str(v) for v in row.values()))
        if row["material"] is None:
            assert "“" in row["note"]
        else:
            assert material_named(row["material"]) is not None
            assert is_chinese(row["material"]) == (lang == "zh")
    for row in found["process"]:
        assert is_chinese(row["name"]) == (lang == "zh")
        assert "product" not in row or material_named(row["product"])


@pytest.mark.parametrize(
    ("code", "group", "some"),
    [("3011", "石膏", "脱硫石膏"), ("3120", "工业残渣", "废耐火材料"), ("2621", "燃料", "原煤")],
)
def test_a_group_is_left_to_the_firm_and_the_note_says_which_kind(code, group, some):
    notes = [row["note"] for row in usual_rows(code, "zh")["flow"] if row["material"] is None]
    assert notes
    assert all("请填写具体物料" in note and some in note for note in notes)
    assert all(f"“{group}”" in note for note in notes)
    assert not any("{" in note or "电解锰" in note for note in notes)  # a steelworks has none


def rows_of(code, **wanted):
    return [r for r in usual_rows(code, "en")["flow"] if all(r[k] == v for k, v in wanted.items())]


def test_every_process_has_its_product_and_units_are_those_of_meters():
    steel = usual_rows("3120", "en")
    assert [p["product"] for p in steel["process"]] == ["crude steel", "crude steel"]
    for process in steel["process"]:
        first = rows_of("3120", process=process["id"])[0]
        assert (first["direction"], first["role"], first["material"], first["quantity unit"]) == (
            "out", "product", "crude steel", "t/a")  # fmt: skip
    assert [r["quantity unit"] for r in rows_of("3120", role="electricity")] == ["MWh/a"]
    assert {r["quantity unit"] for r in usual_rows("3120", "zh")["flow"] if r["role"] == "electricity"} == {"万kWh/年"}
    (power,) = rows_of("4411", material="electricity")
    assert (power["direction"], power["role"], power["quantity unit"]) == ("out", "electricity", "MWh/a")
    (coal,) = rows_of("4411", role="fuel")
    assert (coal["material"], coal["quantity unit"]) == ("bituminous coal", "t/a")  # not tonnes of coal equivalent
    assert rows_of("3110", material="blast furnace gas")[0]["quantity unit"] == "Nm3/a"
    assert rows_of("2621", material="natural gas")[0]["quantity unit"] == "Nm3/a"  # not gigajoules
    assert rows_of("4417", direction="in")[0]["material"] == "municipal solid waste"
    assert rows_of("4620", direction="in")[0]["quantity unit"] == "m3/a"
    assert rows_of("2621", material=None)[0]["quantity unit"] == ""  # a fuel may be weighed or metered
    assert usual_rows("8411", "en") == {"firm": [{"industry": "8411"}], "process": [], "flow": []}
    assert len({(r["process"], r["direction"], r["material"]) for r in rows_of("4411")}) == len(rows_of("4411"))


def test_parts_of_a_flow_are_no_process():
    assert [p["id"] for p in usual_rows("7820", "en")["process"]] == ["city"]
