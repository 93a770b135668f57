"""Forms: problems at the field, saving with history, lost updates, removal, and names that would be scripts."""

from html.parser import HTMLParser

import pytest

from attacks import XSS
from lichen.inventory.dictionary import ENTITIES, columns, fields
from lichen.web.drafts import GROUPS
from lichen.web.models import Change, FirmRow, FlowRow, Park, ProcessRow
from lichen.web.rows import whole


def flow_of(world, **only):
    return world.flow(world.firms["steel"], material="slag.steel", **only)


def url(row, park="one"):
    firm = row.firm_id
    kind = {"process": "processes", "flow": "flows"}[row.entity]
    return f"/p/{park}/firms/{firm}/{kind}/{row.pk}/"


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_form_has_every_field_of_the_dictionary_once(entity):
    listed = [name for _, names in GROUPS[entity] for name in names]
    assert sorted(listed) == sorted(f.name for f in fields(entity))


def test_saving_writes_the_value_its_version_and_its_history(world, fields_of):
    row = flow_of(world)
    answer = world.client("steel").post(url(row), fields_of(row, quantity="250", note="weighed anew"))
    assert answer.status_code == 302
    now = FlowRow.objects.get(pk=row.pk)
    assert (now.values["quantity"], now.values["note"], now.version) == (250.0, "weighed anew", 2)
    told = {(c.field, c.before, c.after, str(c.by)) for c in Change.objects.filter(row_id=row.pk, entity="flow")}
    assert told == {("quantity", "200.0", "250.0", "Steel"), ("note", "", "weighed anew", "Steel")}
    assert any(f.quantity.value == 250 and f.note == "weighed anew" for f in whole(world.one).flows)
    page = world.client("steel").get(url(row)).content.decode()
    assert "weighed anew" in page
    assert "200.0" in page
    assert Park.objects.get(pk=world.one.pk).revision == world.one.revision + 1


def test_saving_what_stands_there_changes_nothing(world, fields_of):
    for row in (*FlowRow.objects.filter(park=world.one), *ProcessRow.objects.filter(park=world.one)):
        answer = world.client("facilitator").post(url(row), fields_of(row))
        assert answer.status_code == 302, answer.content.decode()
        assert type(row).objects.get(pk=row.pk).version == 1
    for firm in FirmRow.objects.filter(park=world.one):
        world.client("facilitator").post(f"/p/one/firms/{firm.pk}/edit", fields_of(firm))
    assert not Change.objects.exists()


def test_problems_stand_at_their_fields_and_nothing_is_saved(world, fields_of):
    row = flow_of(world)
    bad = fields_of(row, quantity="a lot", year="12", **{"quantity unit": "kt/a"})
    answer = world.client("steel").post(url(row), bad)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count('aria-invalid="true"') == 2
    assert 'value="a lot"' in page
    assert FlowRow.objects.get(pk=row.pk).version == 1
    assert not Change.objects.exists()


def test_a_wrong_unit_is_told_in_the_language_of_the_page(world, fields_of):
    row = flow_of(world)
    client = world.client("steel", headers={"Accept-Language": "zh-CN"})
    page = client.post(url(row), fields_of(row, **{"quantity unit": "CNY/t"})).content.decode()
    assert 'lang="zh-CN"' in page
    assert "单位" in page
    assert "尚未保存" in page


def test_a_row_that_stands_there_already_is_refused(world, fields_of):
    row = flow_of(world)
    data = fields_of(row)
    data.pop("version")
    answer = world.client("steel").post(f"/p/one/firms/{row.firm_id}/flows/new", data)
    assert answer.status_code == 422
    assert FlowRow.objects.filter(firm=row.firm_id).count() == 7


def test_a_new_flow_and_its_source(world):
    firm = world.firms["steel"]
    data = {"process": "bf", "direction": "out", "role": "waste", "material": "blast furnace dust", "quantity": "1,200.5",
            "quantity unit": "t/a", "year": "2012", "quality": "estimated"}  # fmt: skip
    answer = world.client("steel").post(f"/p/one/firms/{firm.pk}/flows/new", data)
    assert answer.status_code == 302, answer.content.decode()
    made = FlowRow.objects.get(firm=firm, values__material="blast furnace dust")
    assert made.values["quantity"] == 1200.5
    assert made.values["source"].startswith("written in the browser on 2")
    assert Change.objects.get(row_id=made.pk).what == "new"


def test_the_firm_of_a_row_cannot_be_changed_by_what_is_posted(world, fields_of):
    row = flow_of(world)
    world.client("steel").post(url(row), fields_of(row, firm="cement", note="x"))
    assert FlowRow.objects.get(pk=row.pk).firm_id == world.firms["steel"].pk
    assert FlowRow.objects.get(pk=row.pk).values["firm"] == "steel"


def test_codes_cannot_be_changed(world, fields_of):
    firm = world.firms["steel"]
    world.client("steel").post(f"/p/one/firms/{firm.pk}/edit", fields_of(firm, id="other", name="New name"))
    now = FirmRow.objects.get(pk=firm.pk)
    assert (now.code, now.values["id"], now.name) == ("steel", "steel", "New name")


def test_a_row_that_is_known_by_another_key_keeps_its_history(world, fields_of):
    row = flow_of(world)
    client = world.client("steel")
    client.post(url(row), fields_of(row, note="first"))
    row.refresh_from_db()
    client.post(url(row), fields_of(row, year="2013"))
    row.refresh_from_db()
    assert row.year == 2013
    assert [c.what for c in Change.objects.filter(row_id=row.pk)] == ["changed", "gone", "new"]


def test_the_second_of_two_writers_is_told_and_loses_nothing(world, fields_of):
    row = flow_of(world)
    first, second = fields_of(row, quantity="210"), fields_of(row, quantity="220", note="mine")
    assert world.client("steel").post(url(row), first).status_code == 302
    answer = world.client("facilitator").post(url(row), second)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "<td>210.0</td>" in page
    assert "<td>220</td>" in page
    assert 'value="220"' in page
    assert 'name="version" value="2"' in page
    assert FlowRow.objects.get(pk=row.pk).values["quantity"] == 210
    again = world.client("facilitator").post(url(row), {**second, "version": "2"})
    assert again.status_code == 302
    assert FlowRow.objects.get(pk=row.pk).values["quantity"] == 220


def test_two_rows_of_one_firm_do_not_stand_in_each_others_way(world, fields_of):
    row, other = flow_of(world), world.flow(world.firms["steel"], role="fuel")
    one, two = fields_of(row, note="one"), fields_of(other, note="two")
    assert [world.client("steel").post(url(r), d).status_code for r, d in ((row, one), (other, two))] == [302, 302]


@pytest.mark.parametrize("version", ["", "x", "-1", "1" * 30, "²"])
def test_a_form_without_a_version_is_a_conflict(world, fields_of, version):
    row = flow_of(world)
    assert world.client("steel").post(url(row), fields_of(row, version=version, note="x")).status_code == 409


def test_removing(world):
    row = flow_of(world)
    client = world.client("steel")
    assert client.post(f"{url(row)}remove", {"version": "7"}).status_code == 409
    assert client.post(f"{url(row)}remove", {"version": "1"}).status_code == 302
    assert not FlowRow.objects.filter(pk=row.pk).exists()
    assert Change.objects.get(row_id=row.pk).what == "gone"


def test_a_process_that_flows_name_stays(world):
    process = world.process(world.firms["steel"], code="bf")
    client = world.client("steel")
    page = client.post(f"{url(process)}remove", {"version": "1"}, follow=True).content.decode()
    assert "Flows name this process" in page
    assert ProcessRow.objects.filter(pk=process.pk).exists()
    for flow in FlowRow.objects.filter(process="bf", park=world.one):
        client.post(f"{url(flow)}remove", {"version": "1"})
    client.post(f"{url(process)}remove", {"version": "1"})
    assert not ProcessRow.objects.filter(pk=process.pk).exists()


def test_a_firm_goes_with_all_that_is_its(world):
    firm = world.firms["steel"]
    assert world.client("facilitator").post(f"/p/one/firms/{firm.pk}/remove", {"version": "1"}).status_code == 302
    assert not FlowRow.objects.filter(park=world.one, values__firm="steel").exists()
    assert FlowRow.objects.filter(park=world.two, values__firm="steel").count() == 7
    assert Change.objects.filter(what="gone", firm="steel").count() == 1 + 2 + 7


def test_a_new_firm(world):
    client = world.client("facilitator")
    empty = client.post("/p/one/firms/new", {})
    assert empty.status_code == 422
    assert empty.content.decode().count('aria-invalid="true"') == 3
    data = {"id": "mill", "name": "Paper mill", "industry": "2221"}
    assert client.post("/p/one/firms/new", data).status_code == 302
    assert client.post("/p/one/firms/new", data).status_code == 422
    assert FirmRow.objects.get(code="mill").values["disclosure"] == "park"


def test_industries_and_materials_are_offered_in_the_page_s_language(world):
    english, chinese = world.client("facilitator"), world.client("facilitator", headers={"Accept-Language": "zh-CN"})
    assert '<option value="3011">3011 Cement' in english.get("/p/one/firms/new").content.decode()
    assert '<option value="3011">3011 水泥制造' in chinese.get("/p/one/firms/new").content.decode()
    form = f"/p/one/firms/{world.firms['steel'].pk}/flows/new"
    assert '<option value="steel slag">' in english.get(form).content.decode()
    assert '<option value="钢渣">' in chinese.get(form).content.decode()


class Tags(HTMLParser):
    """Counts what could run."""

    def __init__(self):
        super().__init__()
        self.bad = []

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        values = [v or "" for n, v in attrs if n in ("href", "src", "action", "xlink:href")]
        told = dict(attrs)
        own = told.get("src", "").startswith("/static/") or told.get("type") == "application/json"
        if (tag == "script" and not own) or any(n.startswith("on") or n == "style" for n in names):
            self.bad.append((tag, attrs))
        if any(v.strip().lower().startswith(("javascript:", "http:", "https:", "//")) for v in values):
            self.bad.append((tag, attrs))


@pytest.mark.parametrize("attack", XSS)
def test_names_that_would_be_scripts_are_text_everywhere(world, fields_of, attack):
    client = world.client("facilitator")
    firm = world.firms["steel"]
    place = {"latitude": "26.6", "longitude": "106.7", "datum": "WGS84"}
    assert client.post(f"/p/one/firms/{firm.pk}/edit", fields_of(firm, name=attack, **place)).status_code == 302
    row = flow_of(world)
    answer = client.post(
        url(row), fields_of(row, material=attack, note=attack, source=attack, partner=attack, given_by=attack)
    )
    assert answer.status_code == 302, answer.content.decode()
    row.refresh_from_db()
    assert row.values["note"] == attack
    client.post(f"{url(row)}", fields_of(row, quantity="x" + attack))
    for path in ("/p/one/", "/p/one/firms/", f"/p/one/firms/{firm.pk}/", f"/p/one/firms/{firm.pk}/edit", url(row),
                 "/p/one/flows/", "/p/one/history/", "/p/one/members/", "/p/one/surveys/", f"/p/one/flows/?q={attack}"):  # fmt: skip
        page = client.get(path)
        assert page.status_code == 200, path
        found = Tags()
        found.feed(page.content.decode())
        assert not found.bad, path
    assert "<svg" in client.get("/p/one/").content.decode()


def test_the_form_of_a_firm_reads_as_its_columns(world):
    page = world.client("steel").get(f"/p/one/firms/{world.firms['steel'].pk}/edit").content.decode()
    for column in columns("firm"):
        assert f'name="{column.key}"' in page
