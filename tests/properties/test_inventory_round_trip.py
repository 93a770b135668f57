"""Whatever a survey may hold: export then import, and save then load, give the same inventory."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lichen.inventory.dictionary import ENTITIES, SHEETS, columns, field
from lichen.inventory.store import differences, load, save
from lichen.inventory.survey import read_survey, survey_of
from lichen.inventory.workbook import write_inventory
from lichen.sheets import Sheet

WORDS = st.sampled_from(
    [
        "钢渣",
        "steel slag",
        "=cmd",
        "+1",
        "@SUM",
        "-3",
        "007",
        "1.0",
        "name",
        "in",
        "Note",
        "_x000D_",
        "※",
        "a;b",
        'say "x"',
        "NA",
        "TRUE",
        "#REF!",
        "'",
    ]
)
TEXTS = st.one_of(
    WORDS, st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=30)
).filter(lambda t: t.strip() and not t.startswith("\ufeff"))
# in the largest unit, 10 000 t/a, still below what the whole world moves
SIZES = st.one_of(
    st.floats(1e-9, 9e8), st.floats(0.001, 1e6).map(lambda x: round(x, 3)), st.integers(0, 9 * 10**8).map(float)
)


def number_of(item):
    low = 0.0 if item.low is None else item.low
    high = 1e9 if item.high is None else item.high
    if item.type in ("integer", "year"):
        return st.integers(int(low), int(high)).map(float)
    if item.low is None or item.high is None or item.high > 1e9:
        return SIZES
    return st.floats(low, high)


def cell_of(item):
    values = {
        "text": TEXTS, "material": TEXTS, "code": st.sampled_from(["3120", "31", "0610"]),
        "choice": st.sampled_from([w for w in (*item.choices, *item.choices_zh) if w] or [""]),
        "composition": st.lists(st.floats(0, 30), min_size=1, max_size=3).map(
            lambda v: "; ".join(f"{n} {x!r}" for n, x in zip(("CaO", "Fe", "氧化铝"), v, strict=False))),
        "layers": st.sampled_from(["mass", "mass; Fe", "水；P, 能", "energy"]),
        "pedigree": st.lists(st.integers(1, 4), min_size=5, max_size=5).map(lambda v: "; ".join(map(str, v))),
        "date": st.dates().map(lambda d: d.isoformat()),
        "months": st.lists(st.floats(0.001, 1000), min_size=12, max_size=12).map(lambda v: ";".join(map(repr, v))),
    }  # fmt: skip
    return values[item.type] if item.type in values else number_of(item)


@st.composite
def rows(draw, entity, fixed):
    row, own = [], {}
    for column in columns(entity):
        item = column.field
        if column.is_unit:
            row.append(draw(st.sampled_from(item.units)) if own[item.name] is not None else None)
            continue
        value = fixed[item.name] if item.name in fixed else draw(
            cell_of(item) if item.required else st.one_of(st.none(), cell_of(item)))  # fmt: skip
        own[item.name] = value
        row.append(value)
    return row


@st.composite
def surveys(draw):
    firms = draw(st.lists(TEXTS.map(lambda t: " ".join(t.split())), min_size=1, max_size=2, unique=True))
    found = {"firm": [], "process": [], "flow": []}
    for firm in firms:
        place = draw(st.booleans())
        at = {"latitude": 26.123456789 if place else None, "longitude": 106.7 if place else None}
        found["firm"].append(draw(rows("firm", {"id": firm, **at})))
        found["process"].append(draw(rows("process", {"firm": firm, "id": "p"})))
        for year in range(2010, 2010 + draw(st.integers(0, 2))):
            fixed = {"firm": firm, "process": draw(st.sampled_from([None, "p"])), "year": float(year)}
            found["flow"].append(draw(rows("flow", fixed)))
    return [Sheet("s.xlsx", SHEETS[e][0], (tuple(c.key for c in columns(e)), *map(tuple, found[e]))) for e in ENTITIES]


def read(sheets):
    found = survey_of("s.xlsx", sheets)
    assert [p.text() for p in found.problems if p.severity == "error"] == []
    assert len(found.inventory.flows) == len(sheets[2].rows) - 1
    return found.inventory


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(surveys())
def test_save_then_load(sheets):
    first = read(sheets)
    with TemporaryDirectory() as folder:
        save(first, folder)
        again = load(folder)
    assert again == first
    assert differences(first, again) == []


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(surveys(), st.sampled_from(["en", "zh"]))
def test_export_then_import(sheets, lang):
    first = read(sheets)
    with TemporaryDirectory() as folder:
        again = read_survey(write_inventory(first, Path(folder) / "e.xlsx", lang))
    assert again.ok, [p.text() for p in again.problems]
    assert again.inventory == first


def test_every_field_is_drawn():
    assert field("flow", "months").type == "months"
    for entity in ENTITIES:
        for column in columns(entity):
            assert cell_of(column.field) is not None
