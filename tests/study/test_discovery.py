"""Discovery on a study: its settings, its own knowledge, its distances; each fault with its cell."""

import openpyxl
import pytest

from discoveries import CEMENT, STEEL, bought, firm, park, slag
from lichen.discover.settings import default_weights
from lichen.errors import FileError, InputError, LabelError, StudyError, language
from lichen.inventory.store import save
from lichen.inventory.values import Inventory
from lichen.knowledge.store import csv_text, file_of
from lichen.study.discovery import only_for_firm, run_discovery
from lichen.study.new import new_study
from naming import save as save_model
from parks import steelworks

PARK = park(slag(100), slag(900, year=2013), bought("limestone", 70), bought("limestone", 70, year=2013))
OWN = {
    "id": "mine", "name_en": "Mine", "donor": STEEL, "receiver": CEMENT, "stream": "slag.steel", "replaces": "mineral.limestone",
    "rate": "0.5", "rate_unit": "t/t", "rate_kind": "estimated", "rate_source": "own", "rate_low": "0.4", "rate_high": "0.6",
    "rate_basis": "mass", "sources": "own",
}  # fmt: skip


@pytest.fixture
def study(tmp_path):
    new_study(tmp_path / "s")
    save(PARK, tmp_path / "s")
    return tmp_path / "s"


def says(study, text):
    toml = study / "study.toml"
    original = toml.read_text(encoding="utf-8").split("\n[discover]")[0]
    toml.write_text(f"{original}\n[discover]\n{text}\n", encoding="utf-8")
    return study


def ways(study, text, name="ways.csv"):
    (study / name).write_text(text, encoding="utf-8")
    return says(study, f'distances = "{name}"')


def problems(study, error=StudyError):
    with pytest.raises(error) as caught:
        run_discovery(study)
    for lang in ("en", "zh"):
        with language(lang):
            assert str(caught.value)
    return [(p.code, p.where.cell or p.where.key) for p in caught.value.problems]


def distance(result):
    return {o.distance_km for o in result.found.opportunities if o.receiver.id == "cement"}


def test_an_inventory_alone_is_enough(tmp_path):
    save(steelworks(), tmp_path)
    result = run_discovery(tmp_path)
    assert result.found.opportunities
    assert result.settings.weights == default_weights()
    assert result.settings.road_factor == 1.33
    assert result.settings.grid == ""


def test_the_year_is_the_newest_or_the_one_that_is_named(study):
    assert run_discovery(study).flows.year == 2013
    assert {
        o.supply.unused.value for o in run_discovery(study, 2012).found.opportunities if o.stream == "slag.steel"
    } == {100}
    with pytest.raises(StudyError, match="1999"):
        run_discovery(study, 1999)
    with pytest.raises(StudyError, match="has no firms"):
        run_discovery(study / "nowhere")


def test_a_park_without_flows_is_told(tmp_path):
    save(Inventory((firm("steel", STEEL),)), tmp_path)
    with pytest.raises(StudyError, match="no flows"):
        run_discovery(tmp_path)


def test_a_study_sets_what_it_may(study):
    says(
        study,
        'road_factor = 2.0\nmost_km = 30.0\ndraws = 3\nseed = 5\n[discover.weights]\ngain = 2\n[flows]\ngrid = "grid_guizhou_2022"',
    )
    found = run_discovery(study).settings
    assert (found.road_factor, found.most_km, found.draws, found.seed, found.grid) == (
        2.0,
        30.0,
        3,
        5,
        "grid_guizhou_2022",
    )
    assert found.weights["gain"] == 2
    assert [round(d, 1) for d in distance(run_discovery(study))] == [20.0]


def test_a_studys_own_type_is_found(study):
    table = file_of(study, "exchange_types")
    table.parent.mkdir()
    table.write_text(csv_text("exchange_types", [OWN]), encoding="utf-8")
    one = next(o for o in run_discovery(study, 2012).found.opportunities if "mine" in o.types)
    assert one.rate == 0.5
    assert one.quantity.value == 100
    table.write_text(csv_text("exchange_types", [OWN | {"stream": "no.such", "receiver": "9999"}]), encoding="utf-8")
    with pytest.raises(InputError):
        run_discovery(study, 2012)


# --- settings that cannot be -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("road_factor = -1.0", ["road_factor"]), ("road_factor = 0.9", ["road_factor"]), ("most_km = -5.0", ["most_km"]),
        ("draws = -1", ["draws"]), ("draws = 10001", ["draws"]), ("seed = -1", ["seed"]),
        ("road_factor = 0.5\nmost_km = -1.0\ndraws = -1\nseed = -1", ["road_factor", "most_km", "draws", "seed"]),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_told_together(study, text, keys):
    assert problems(says(study, text)) == [("discover.bad_setting", f"discover.{key}") for key in keys]


@pytest.mark.parametrize("text", ["road_factor = nan", "road_factor = inf", "most_km = inf", "most_km = nan"])
def test_numbers_that_are_none_are_refused(study, text):
    with pytest.raises(StudyError):
        run_discovery(says(study, text))


@pytest.mark.parametrize(
    "text", ["road_factor = 0.0", "most_km = 0.0", "draws = 0", "draws = 10000", "seed = 0", "road_factor = 1.0"]
)
def test_settings_at_their_ends(study, text):
    assert run_discovery(says(study, text)).found.opportunities


def test_weights_that_cannot_be_are_told_together(study):
    told = problems(says(study, "[discover.weights]\ngian = 1.0\nfit = -1.0"), InputError)
    assert told == [
        ("discover.unknown_weight", "discover.weights.gian"),
        ("discover.bad_weight", "discover.weights.fit"),
    ]


# --- distances -------------------------------------------------------------------------------------------------------
def test_distances_of_a_file_go_before_places(study):
    ways(study, "KM, From ,to,note\n7.25,steel,cement,by the bridge\n,,,\n")
    result = run_discovery(study)
    assert result.settings.distances == {("steel", "cement"): 7.25}
    assert distance(result) == {7.25}


def test_both_directions_may_differ_and_blanks_do_nothing(study):
    ways(study, "from,to,km\nsteel , cement,7\ncement,steel,9\nsteel,cement,7\n")
    assert run_discovery(study).settings.distances == {("steel", "cement"): 7, ("cement", "steel"): 9}


def test_the_files_decimal_sign_settles_what_one_cell_leaves_open(study):
    ways(study, 'from;to;km\nsteel;cement;"12,345"\ncement;steel;"3,25"\n')
    assert run_discovery(study).settings.distances == {("steel", "cement"): 12.345, ("cement", "steel"): 3.25}


def test_every_fault_is_told_with_its_cell(study):
    ways(
        study,
        "from,to,km\nsteel,cemnt,7\nsteel,cement,far\n,cement,-4\nsteel,steel,nan\ncement,steel,5\ncement,steel,6\nsteel,cement,\n",
    )
    assert problems(study) == [
        ("discover.no_firm", "B2"), ("numerals.not_a_number", "C3"), ("discover.no_firm", "A4"), ("discover.negative_distance", "C4"),
        ("numerals.not_finite", "C5"), ("discover.doubled_distance", "C7"), ("numerals.empty", "C8"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["von,nach,km\na,b,3\n", "from,to\nsteel,cement\n", "7\n"])
def test_a_file_without_its_columns(study, text):
    assert [code for code, _ in problems(ways(study, text))] == ["discover.no_distances"]


def test_a_file_that_is_not_there_or_not_the_studys(study, tmp_path):
    with pytest.raises(FileError):
        run_discovery(says(study, 'distances = "nowhere.csv"'))
    (tmp_path / "outside.csv").write_text("from,to,km\n", encoding="utf-8")
    assert problems(says(study, 'distances = "../outside.csv"')) == [("study.outside", "discover.distances")]
    assert problems(says(study, f"distances = '{tmp_path / 'outside.csv'}'")) == [
        ("study.outside", "discover.distances")
    ]


def test_codes_that_a_spreadsheet_takes_for_numbers(tmp_path):
    firms = (firm("101", STEEL), firm("102", CEMENT))
    book = openpyxl.Workbook()
    for row in (("from", "to", "km"), (101, 102.0, 4.5)):
        book.active.append(row)
    new_study(tmp_path / "t")
    save(park(slag(100, who="101"), bought("limestone", 7, who="102"), firms=firms), tmp_path / "t")
    book.save(tmp_path / "t" / "ways.xlsx")
    result = run_discovery(says(tmp_path / "t", 'distances = "ways.xlsx"'))
    assert result.settings.distances == {("101", "102"): 4.5}


# --- one firm --------------------------------------------------------------------------------------------------------
def test_one_firm_is_a_part_of_the_whole(study):
    result = run_discovery(study)
    part = only_for_firm(result, "cement")
    assert part.found.opportunities
    ids = {o.id for o in result.found.opportunities}
    assert {o.id for o in part.found.opportunities} == {i for i in ids if "cement" in i.split(">")[::2]}
    assert (part.base, part.settings, part.flows) == (result.base, result.settings, result.flows)


@pytest.mark.parametrize("name", ["cemnt", "", "Firm cement", "<script>", "x" * 10_000])
def test_a_firm_that_is_not_there_is_told_with_the_nearest(study, name):
    with pytest.raises(LabelError) as caught:
        only_for_firm(run_discovery(study), name)
    (problem,) = caught.value.problems
    assert problem.code == "inventory.no_such_firm"
    assert (problem.values["near"] == "cement") == (name in ("cemnt", "Firm cement"))
    assert len(problem.text("zh")) < 1000


def test_similar_pairs_that_were_not_looked_at_are_counted(tmp_path):
    makers = tuple(firm(f"c{i:02d}", "3012", (26.0 + i / 100, 106.0)) for i in range(33))
    save(park(slag(100), firms=(firm("steel", STEEL, (26.0, 106.0)), *makers)), tmp_path)
    result = run_discovery(tmp_path)
    similar = [o for o in result.found.opportunities if o.way == "similar" and o.stream == "slag.steel"]
    assert result.found.left_out > 0
    assert len(similar) <= 30
    (note,) = [p for p in result.findings if p.code == "discover.left_out"]
    assert (note.severity, note.values["count"], note.values["most"]) == ("note", result.found.left_out, "30")
    assert "30" in note.text("zh")
    assert only_for_firm(result, "steel").found.left_out == result.found.left_out


# --- a model of names -----------------------------------------------------------------------------------------------
def test_a_model_that_the_study_names_is_read_from_its_folder(study, monkeypatch):
    monkeypatch.delenv("LICHEN_NAME_MODEL", raising=False)
    assert run_discovery(study).settings.names is None
    save_model(study / "words")
    result = run_discovery(says(study, 'model = "words"'))
    assert result.settings.names.name == "words"
    monkeypatch.setenv("LICHEN_NAME_MODEL", str(study / "words"))
    assert run_discovery(says(study, "draws = 1")).settings.names.name == "words"


def test_a_model_that_is_not_there_is_told(study):
    assert [code for code, _ in problems(says(study, 'model = "words"'), FileError)] == ["meaning.no_folder"]
