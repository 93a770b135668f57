"""Dictionary, values, template, importer, export and messages speak of the same fields."""

import dataclasses
import typing

import openpyxl
import pytest

from lichen.errors import Where
from lichen.inventory.dictionary import ENTITIES, SHEETS, Column, columns, field, fields
from lichen.inventory.fields import parse_cell
from lichen.inventory.prefill import usual_rows
from lichen.inventory.records import as_records
from lichen.inventory.store import FILES, KEYS
from lichen.inventory.survey import survey_of
from lichen.inventory.values import FATES, ROLES, Datum, Direction, Disclosure, Firm, Flow, Inventory, Process
from lichen.inventory.workbook import write_template
from lichen.sheets import Sheet, read_sheets
from lichen.units import parse_unit
from lichen.vocabulary.profiles import profiles

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


@pytest.mark.parametrize("item", ALL, ids=by_name)
def test_an_example_reads_without_a_problem(item):
    if item.example not in ("", None):
        assert parse_cell(Column(item), item.example, Where()).problems == ()
    else:
        assert not item.required
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
        offered = {}
        for rule in sheet.data_validations.dataValidation:
            area = rule.formula1.removeprefix("Lists!").replace("$", "")
            words = [cell.value for row in book["Lists"][area] for cell in row]
            offered[next(iter(rule.sqref.ranges)).min_col - 1] = words
        for j, column in enumerate(columns(entity)):
            wanted = [w for w in (column.field.units if column.is_unit else column.field.words(lang)) if w]
            assert offered.get(j, []) == wanted


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_filled_example_is_what_the_importer_reads_and_the_export_writes(lang):
    sheets = []
    for entity in ENTITIES:
        row = [c.field.units[0] if c.is_unit and c.field.example != "" else c.field.example if not c.is_unit else None
               for c in columns(entity)]  # fmt: skip
        sheets.append(Sheet("s.xlsx", SHEETS[entity][0], (tuple(c.label(lang) for c in columns(entity)), tuple(row))))
    found = survey_of("s.xlsx", sheets)
    assert found.problems == ()
    assert found.waiting == ()
    records = as_records(found.inventory)
    for entity in ENTITIES:
        assert list(records[entity][0]) == [c.key for c in columns(entity)]
        for column in columns(entity):
            example = column.field.example
            told = records[entity][0][column.key]
            if example in ("", None):
                assert told in (None, "")
            elif not column.is_unit:
                assert told == (float(example) if isinstance(told, float) else example)


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


@pytest.mark.parametrize("industry", ["3120", "4411", "3011", "2522"])
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


def test_every_profile_can_be_prefilled():
    for code in sorted({p.industry for p in profiles()} if not _needs_argument() else {"3120", "4411"}):
        for row in usual_rows(code, "en")["flow"]:
            assert row["role"] in ROLES
            assert row["quantity unit"] in ("", *field("flow", "quantity").units)


def _needs_argument():
    import inspect

    return any(p.default is p.empty for p in inspect.signature(profiles).parameters.values())
