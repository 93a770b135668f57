"""Settings of a park's study by form: sound or refused, nothing else in the file touched, and the library reads the same."""

import tomllib
from pathlib import Path

import pytest

from lichen.errors import StudyError
from lichen.study.load import load_study
from lichen.study.schema import SECTIONS, section, settings_of
from lichen.web.models import Audit, Change, Membership, Park, Role, StudyFile, User
from lichen.web.setting_forms import values_of, written_of
from lichen.web.setting_places import place_of, setting_path
from lichen.web.studies import export_study, new_park
from lichen.web.study_settings import said, save
from lichen.web.toml_edit import edited
from workbench import client_of

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"
THRESHOLD = {
    "id": "energy", "of": "energy", "per": "value added", "high.value": "0.5", "high.unit": "tce/10^4 CNY",
    "high.kind": "reported", "high.source": "Park rules of 2020", "high.year": "2020", "name.en": "Energy intensity",
    "name.zh": "能耗强度", "required": "yes",
}  # fmt: skip
PLANT = {
    "id": "grinding", "serves": "slag.bf.granulated\nslag.steel", "operation.value": "20", "operation.unit": "CNY/t",
    "operation.kind": "reported", "operation.source": "offer", "name.en": "Grinding plant",
    "size/id": "small", "size/capacity.value": "100", "size/capacity.unit": "kt/a", "size/capacity.kind": "reported",
    "size/capacity.source": "offer", "size/investment.value": "30", "size/investment.unit": "M CNY",
    "size/investment.kind": "reported", "size/investment.source": "offer",
}  # fmt: skip
PIPE = {
    "supply_c": "90", "return_c": "50", "ground_c": "12", "gradient": "100", "roughness_mm": "0.1", "depth_m": "1",
    "gap_m": "0.2", "ground": "1.6", "insulation": "0.03", "full_load_hours": "3000",
}  # fmt: skip


def text_of(park):
    return said(park).text


def post(client, at, park="one", **values):
    version = said(Park.objects.get(slug=park)).version
    return client.post(f"/p/{park}/settings/edit?at={at}", {"version": version, **values})


def loaded(park, folder):
    export_study(park, folder)
    return load_study(folder)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_park_without_a_study_file_sees_what_is_usual(world, lang):
    page = world.client("facilitator", headers={"accept-language": lang}).get("/p/one/settings/").content.decode()
    for name in SECTIONS:
        assert section(name).name.text(lang) in page
        for setting in settings_of(section(name).record):
            assert setting.name.text(lang) in page
    assert {"en": "Usual: net present value.", "zh": "通常：净现值。"}[lang] in page


def test_a_threshold_goes_into_the_file_and_the_library_reads_it(world, tmp_path):
    client = world.client("administrator")
    assert post(client, "settle.threshold.new", **THRESHOLD).status_code == 302
    found = loaded(world.one, tmp_path / "out").study.settle.threshold
    assert [(t.id, t.high.value, t.high.unit, t.required, t.name.zh) for t in found] == [
        ("energy", 0.5, "tce/10^4 CNY", True, "能耗强度")
    ]
    data = tomllib.loads(text_of(world.one))
    assert data["sources"] == {"source-1": {"title": "Park rules of 2020", "year": 2020}}
    assert data["settle"]["threshold"][0]["high"]["source"] == "source-1"
    page = client.get("/p/one/settings/").content.decode()
    assert "Energy intensity · Must not exceed 0.5 tce/10^4 CNY" in page
    told = {(c.row, c.field, c.after) for c in Change.objects.filter(park=world.one, entity="setting")}
    assert ("settle.threshold[energy].high", "value", "0.5") in told
    assert Audit.objects.filter(park=world.one, action="settings changed").count() == 1
    # the same source again is not told twice; then it is changed, and taken out
    assert post(client, "settle.threshold.new", **{**THRESHOLD, "id": "again"}).status_code == 302
    assert len(tomllib.loads(text_of(world.one))["sources"]) == 1
    assert post(client, "settle.threshold.0", **{**THRESHOLD, "high.value": "0.4"}).status_code == 302
    assert post(client, "settle.threshold.1", remove="yes").status_code == 302
    data = tomllib.loads(text_of(world.one))["settle"]["threshold"]
    assert [(t["id"], t["high"]["value"]) for t in data] == [("energy", 0.4)]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("of", "beauty", "study.not_one_of"),
        ("high.value", "much", "not a number"),
        ("high.unit", "furlong", "furlong"),
        ("high.unit", "t", "settle.unit"),
        ("high.kind", "guessed", "study.not_one_of"),
        ("per", "energy", "study.not_one_of"),
        ("id", "", "study.missing_key"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_wrong_is_told_and_nothing_is_written(world, field, value, code, lang):
    client = world.client("facilitator", headers={"accept-language": lang})
    answer = post(client, "settle.threshold.new", **{**THRESHOLD, field: value})
    assert answer.status_code == 422, code
    page = answer.content.decode()
    assert "problem error" in page or "message error" in page
    assert "Park rules of 2020" in page  # what was written stands there still
    assert not StudyFile.objects.filter(park=world.one).exists()


def test_two_at_once_lose_nothing(world):
    client = world.client("facilitator")
    old = said(world.one).version
    assert post(client, "design", years="8").status_code == 302
    late = client.post("/p/one/settings/edit?at=design", {"version": old, "years": "12"})
    assert late.status_code == 409
    assert "12" in late.content.decode()
    assert tomllib.loads(text_of(world.one))["design"] == {"years": 8}


def test_a_plant_comes_with_its_first_size_and_takes_others(world, tmp_path):
    client = world.client("facilitator")
    assert 'name="size/capacity.value"' in client.get("/p/one/settings/edit?at=design.plant.new").content.decode()
    wrong = post(client, "design.plant.new", **{**PLANT, "size/capacity.unit": "furlong"})
    assert wrong.status_code == 422
    done = post(client, "design.plant.new", **PLANT)
    assert done.status_code == 302, done.content.decode()
    more = {k.removeprefix("size/"): v for k, v in PLANT.items() if k.startswith("size/")} | {"id": "large"}
    assert post(client, "design.plant.0.size.new", **more).status_code == 302
    plant = loaded(world.one, tmp_path / "out").study.design.plant[0]
    assert [s.id for s in plant.size] == ["small", "large"]
    assert plant.serves == ("slag.bf.granulated", "slag.steel")
    last = post(client, "design.plant.0.size.0", remove="yes")
    assert last.status_code == 302
    assert post(client, "design.plant.0", remove="yes").status_code == 302
    assert (
        "plant" not in tomllib.loads(text_of(world.one)).get("design", {})
        or not tomllib.loads(text_of(world.one))["design"]["plant"]
    )


@pytest.mark.parametrize(
    ("at", "values", "wanted"),
    [
        ("design", {"objective": "co2", "stages": "2030，2035", "months": "no", "modes": ["road", "rail"]},
         {"objective": "co2", "stages": [2030, 2035], "months": False, "modes": ["road", "rail"]}),
        ("discover", {"weights": "quantity = 2\nco2：1,5", "most_km": "80"},
         {"weights": {"quantity": 2.0, "co2": 1.5}, "most_km": 80.0}),
        ("flows", {"year": "2024"}, {"year": 2024}),
        ("appraise", {"draws": "0", "negative": "pareto"}, {"draws": 0, "negative": "pareto"}),
        ("appraise.tax", {"write_off": "10", "inflation.value": "0.02", "inflation.unit": "1/a",
                          "inflation.kind": "assumed", "inflation.low": "0.01", "inflation.high": "0.03",
                          "inflation.source": "our view"},
         {"write_off": 10, "inflation": {"value": 0.02, "unit": "1/a", "kind": "assumed", "source": "source-1",
                                         "low": 0.01, "high": 0.03}}),
        ("design.limit.new", {"id": "water", "measure": "water", "high.value": "5", "high.unit": "Mt",
                              "high.kind": "reported", "high.source": "quota"},
         {"id": "water", "measure": "water", "high": {"value": 5.0, "unit": "Mt", "kind": "reported",
                                                       "source": "source-1"}}),
        ("design.heat_pipe", PIPE, {name: float(value) for name, value in PIPE.items()}),
    ],
)  # fmt: skip
def test_every_shape_of_value_is_kept_as_written(world, at, values, wanted):
    answer = post(world.client("facilitator"), at, **values)
    assert answer.status_code == 302, answer.content.decode()
    found = tomllib.loads(text_of(world.one))
    for part in at.replace(".new", ".0").split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    assert found == wanted
    # and the form that is shown next says the same
    settings = place_of(at).settings
    assert values_of(settings, written_of(settings, found)) == (wanted, {})


@pytest.mark.django_db
def test_guiyangs_file_keeps_its_comments_and_order(tmp_path):
    park = new_park("guiyang", "Guiyang", GUIYANG)
    client = client_of(User.objects.create_user("f@example.org", "pw"))
    Membership.objects.create(park=park, user=User.objects.get(), role=Role.FACILITATOR)
    before = text_of(park)
    assert post(client, "settle.threshold.new", "guiyang", **THRESHOLD).status_code == 302
    assert post(client, "design", "guiyang", **{**form_of(park, "design"), "years": "12"}).status_code == 302
    after = text_of(park)
    lines = after.splitlines()
    gone = [line for line in before.splitlines() if line not in lines]
    assert all("years" in line or not line.strip() for line in gone), gone
    assert [line for line in before.splitlines() if line.startswith("#")] == [x for x in lines if x.startswith("#")]
    study = loaded(park, tmp_path / "out").study
    assert study.design.years == 12
    assert [t.id for t in study.settle.threshold] == ["energy"]
    assert study.scenario == load_study(GUIYANG).study.scenario


def form_of(park, at):
    place = place_of(at)
    return {k: v.split("\n") if k in ("ways", "modes") else v
            for k, v in written_of(place.settings, tomllib.loads(text_of(park)).get(at, {})).items()}  # fmt: skip


@pytest.mark.django_db
def test_a_form_saved_as_it_is_shown_changes_nothing():
    park = new_park("guiyang", "Guiyang", GUIYANG)
    for name in SECTIONS:
        place = place_of(name)
        table = tomllib.loads(text_of(park)).get(name, {})
        done = save(park, place, written_of(place.settings, table), said(park).version, None, "test")
        assert done.outcome == "unchanged", (name, done)


@pytest.mark.parametrize(
    "at",
    ["", "tables", "title", "settle.threshold.7", "settle.threshold.-1", "settle.threshold.new.high", "settle.nothing",
     "design.plant.0.size.new", "design.plant.x", "a" * 3000, "design..", "settle.threshold.1e3"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_is_not_there(world, at, method):
    answer = getattr(world.client("facilitator"), method)("/p/one/settings/edit", query_params={"at": at})
    assert answer.status_code in (404, 409)
    assert answer.status_code == 404 or method == "post"


def test_a_study_that_is_no_toml_is_told_and_left(world):
    StudyFile.objects.create(park=world.one, path="study.toml", content=b"title = [")
    client = world.client("facilitator")
    page = client.get("/p/one/settings/").content.decode()
    assert "message error" in page
    assert client.get("/p/one/settings/edit?at=design").status_code == 302
    assert bytes(StudyFile.objects.get().content) == b"title = ["


def test_markup_in_values_is_text(world):
    client = world.client("facilitator")
    bad = '<script>alert(1)</script>"'
    assert post(client, "settle.threshold.new", **{**THRESHOLD, "name.en": bad}).status_code == 302
    for path in ("/p/one/settings/", "/p/one/settings/edit?at=settle.threshold.0"):
        assert "<script>alert" not in client.get(path).content.decode()


@pytest.mark.parametrize(
    "text",
    [
        '[[settle.threshold]]\nid = "a"  # first\n\n[design]\nyears = 3\n\n[[settle.threshold]]\nid = "b"\n',
        'settle = { threshold = [ { id = "a" }, { id = "b" } ] }\n',
        '[settle]\nthreshold = [\n  { id = "a" }, # one\n  { id = "b" },\n]\n',
        '[settle]\n[[settle.threshold]]\nid = "a"\n[settle.threshold.high]\nvalue = 1\n[[settle.threshold]]\nid = "b"\n',
    ],
)
def test_edits_of_any_layout_say_what_is_wanted_or_refuse(text):
    before = tomllib.loads(text)
    one = before["settle"]["threshold"]
    wishes = [
        {**before, "settle": {"threshold": [*one, {"id": "c", "high": {"value": 2.0, "unit": "1"}}]}},
        {**before, "settle": {"threshold": [{**one[0], "id": "z"}, one[1]]}},
        {**before, "settle": {"threshold": one[1:]}},
        {**before, "sources": {"s": {"title": "T"}}},
        {**before, "design": {"years": 4}},
    ]
    refused = []
    for wanted in wishes:
        try:
            found = edited(text, wanted)
        except StudyError as error:
            refused.append(error.problems[0].code)
        else:
            assert tomllib.loads(found) == wanted
    assert set(refused) <= {"workbench.settings_layout"}
    assert len(refused) <= 2


BUDGET = {
    "name": "2030", "value.value": "5", "value.unit": "M CNY", "value.kind": "reported", "value.source": "the bank",
    "value.year": "2024",
}  # fmt: skip
STAGED = """# how we build
[design] # two steps
stages = [2035]
start = 2030

# what we have
[design.budgets]
2030 = { value = 3.0, unit = "M CNY", kind = "reported", source = "bank", year = 2024 } # first
2035 = { value = 4.0, unit = "M CNY", kind = "reported", source = "bank", year = 2024 }

[sources]
bank = { title = "the bank" }
"""


def staged(park):
    StudyFile.objects.create(park=park, path="study.toml", content=('title = { en = "S" }\n' + STAGED).encode())


def test_budgets_of_stages_are_added_renamed_and_taken_out(world, tmp_path):
    client = world.client("facilitator")
    assert post(client, "design", stages="2035", start="2030").status_code == 302
    assert post(client, "design.budgets.new", **BUDGET).status_code == 302
    assert post(client, "design.budgets.new", **{**BUDGET, "name": "2035", "value.value": "7"}).status_code == 302
    assert post(client, "design.budgets.2030", **{**BUDGET, "value.value": "6"}).status_code == 302
    budgets = loaded(world.one, tmp_path / "out").study.design.budgets
    assert {name: (f.value, f.unit, f.year) for name, f in budgets.items()} == {
        "2030": (6.0, "M CNY", 2024), "2035": (7.0, "M CNY", 2024),
    }  # fmt: skip
    assert setting_path("design.budgets.2030.value", "en") == [
        "Designing the network", "Budgets of stages", "2030", "Value",
    ]  # fmt: skip
    told = [(c.row, c.field, c.before, c.after) for c in Change.objects.filter(park=world.one, entity="setting")]
    assert ("design.budgets.2030", "value", "5", "6") in told
    for lang, words in (("en", ("2030 · 6 M CNY", "First year of the stage")), ("zh", ("2030 · 6 M CNY", "阶段首年"))):
        client = world.client("facilitator", headers={"accept-language": lang})
        assert words[0] in client.get("/p/one/settings/").content.decode()
        form = client.get("/p/one/settings/edit?at=design.budgets.2030").content.decode()
        assert words[1] in form
        assert "{" not in form.split("<main", 1)[1].split("</main", 1)[0]  # nothing of the file's own spelling
    assert post(client, "design.budgets.2030", remove="yes").status_code == 302
    assert list(tomllib.loads(text_of(world.one))["design"]["budgets"]) == ["2035"]
    assert client.get("/p/one/settings/edit?at=design.budgets.2030").status_code == 404
    assert post(client, "design.budgets.2030", **BUDGET).status_code == 404


@pytest.mark.parametrize(
    ("at", "change", "field"),
    [
        ("new", {"name": "2031"}, "name"),  # no stage begins then
        ("new", {"name": "2035"}, "name"),  # has one
        ("new", {"name": ""}, "name"),
        ("new", {"name": "²"}, "name"),
        ("2030", {"name": "2035"}, "name"),
        ("2030", {"value.unit": "t"}, "value"),
        ("2030", {"value.value": "much"}, "value"),
        ("2030", {"value.kind": "guessed"}, "value"),
        ("2030", {name: "" for name in BUDGET if name != "name"}, "value"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_wrong_with_a_budget_stands_at_its_field(world, at, change, field, lang):
    staged(world.one)
    before = text_of(world.one)
    answer = post(world.client("facilitator", headers={"accept-language": lang}), f"design.budgets.{at}",
                  **{**BUDGET, **change})  # fmt: skip
    assert answer.status_code == 422
    wrong = [g.setting.key for g in answer.context["groups"] if g.problems]
    assert wrong == [field]
    assert not answer.context["others"]
    assert text_of(world.one) == before


def test_what_a_figure_lacks_is_called_as_its_field_is(world):
    staged(world.one)
    client = world.client("facilitator", headers={"accept-language": "zh"})
    page = post(client, "design.budgets.2030", name="2030", **{"value.value": "5"}).content.decode()
    assert [f"缺少“{part}”" in page for part in ("数据类型", "单位", "各阶段投资上限")] == [True, True, False]
    page = post(client, "design", **{"budget.value": "5", "budget.unit": "M CNY"}).content.decode()
    assert "缺少“数据类型”" in page


def test_a_budget_changes_its_line_of_the_file_alone(world):
    staged(world.one)
    before = text_of(world.one)
    client = world.client("facilitator")
    given = written_of(place_of("design.budgets.2035").settings,
                       {"name": "2035", "value": tomllib.loads(before)["design"]["budgets"]["2035"]})  # fmt: skip
    assert post(client, "design.budgets.2035", **given).status_code == 302
    assert text_of(world.one) == before
    assert post(client, "design.budgets.2035", **{**given, "value.value": "4.5"}).status_code == 302
    pairs = zip(before.splitlines(), text_of(world.one).splitlines(), strict=True)
    assert [(a, b) for a, b in pairs if a != b] == [(
        '2035 = { value = 4.0, unit = "M CNY", kind = "reported", source = "bank", year = 2024 }',
        '2035 = { value = 4.5, unit = "M CNY", kind = "reported", source = "bank", year = 2024 }',
    )]  # fmt: skip
    # a stage that a budget names cannot go, and the form says why
    refused = post(client, "design", stages="2040", start="2030")
    assert refused.status_code == 422
    assert "design.budgets.2035" in refused.content.decode()


def test_terms_of_a_contract_are_chosen_from_those_there_are(world, tmp_path):
    client = world.client("facilitator")
    assert post(client, "appraise.exchange.new", id="a>slag.steel>b").status_code == 302
    page = client.get("/p/one/settings/edit?at=appraise.exchange.0.agreed.new").content.decode()
    assert '<option value="delivery">Delivery and passing of risk</option>' in page
    assert 'value="price"' not in page  # who sees settings may not see prices
    answer = post(client, "appraise.exchange.0.agreed.new", **{"name": "delivery", "value.en": "at the gate"})
    assert answer.status_code == 302
    assert post(client, "appraise.exchange.0.agreed.new", **{"name": "beauty", "value.en": "x"}).status_code == 422
    assert loaded(world.one, tmp_path / "out").study.appraise.exchange[0].agreed["delivery"].en == "at the gate"


def test_a_program_sends_budgets_too_and_is_told_where_they_are_wrong(world):
    client = world.client("facilitator")
    budget = {"value": 5.0, "unit": "M CNY", "kind": "reported", "source": "bank", "year": 2024}

    def put(year):
        seen = {"If-Match": client.get("/api/v1/parks/one/settings")["ETag"]}
        values = {"start": 2030, "stages": [2035], "budgets": {year: budget}}
        return client.put("/api/v1/parks/one/settings?of=design", {"values": values}, "application/json", headers=seen)

    StudyFile.objects.create(
        park=world.one, path="study.toml", content=b'title = { en = "S" }\n[sources]\nbank = { title = "the bank" }\n'
    )
    refused = put("2031")
    assert (refused.status_code, refused.json()["problems"][0]["field"]) == (422, "design.budgets.2031")
    assert put("2035").json()["design"]["budgets"] == {"2035": budget}
