"""Costs of a park: form, file, history; nothing wrong is written, and only who may sees them."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lichen.appraise.costs import read_costs
from lichen.web.costs import costs_of_park
from lichen.web.models import Change, Membership, Park, Role, User
from lichen.web.run_models import CostRow
from lichen.web.studies import export_study, new_park
from workbench import client_of

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"
ROW = {
    "item": "disposal", "key": "slag.bf.granulated", "value": "20", "low": "10", "high": "30", "unit": "CNY/t",
    "kind": "reported", "source": "contract of 2023", "year": "2023", "note": "",
}  # fmt: skip
URL = "/p/one/costs/"


def csv_of(*rows):
    lines = [",".join(ROW), *(",".join(r.get(n, "") for n in ROW) for r in rows)]
    return SimpleUploadedFile("costs.csv", "\n".join(lines).encode())


def test_an_empty_park_is_told_what_to_do_and_sees_what_ships(world):
    page = world.client("facilitator").get(URL).content.decode()
    assert "No costs of this park" in page
    assert "costs/new?item=carbon_price" in page
    zh = world.client("facilitator", headers={"accept-language": "zh"}).get(URL).content.decode()
    assert "费用与价格" in zh


def test_a_row_by_its_form_with_history_and_versions(world):
    client = world.client("facilitator")
    assert client.post(f"{URL}new", ROW).status_code == 302
    row = CostRow.objects.get(park=world.one)
    assert row.values == ROW
    assert [c.figure.value for c in costs_of_park(world.one)] == [20.0]
    before = Park.objects.get(pk=world.one.pk).revision
    assert client.post(f"{URL}{row.pk}/", {**ROW, "value": "25", "version": "1"}).status_code == 302
    assert Park.objects.get(pk=world.one.pk).revision == before + 1
    late = client.post(f"{URL}{row.pk}/", {**ROW, "value": "28", "version": "1"})
    assert late.status_code == 409
    assert "28" in late.content.decode()
    page = client.get(f"{URL}{row.pk}/").content.decode()
    assert ">20<" in page
    assert ">25<" in page
    assert client.post(f"{URL}{row.pk}/remove", {"version": "2"}).status_code == 302
    assert not CostRow.objects.filter(park=world.one).exists()
    told = Change.objects.filter(park=world.one, entity="cost")
    assert {c.what for c in told} == {"new", "changed", "gone"}
    assert "disposal slag.bf.granulated 2023" in client.get("/p/one/history/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", "t"),
        ("year", "x"),
        ("item", "rent"),
        ("key", "no such thing"),
        ("low", "40"),
        ("source", ""),
        ("value", ""),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_wrong_stands_at_its_field(world, field, value, lang):
    answer = world.client("facilitator", headers={"accept-language": lang}).post(f"{URL}new", {**ROW, field: value})
    assert answer.status_code == 422
    assert "problem error" in answer.content.decode()
    assert not CostRow.objects.exists()


def test_the_same_thing_twice_is_refused_whichever_row_is_changed(world):
    client = world.client("facilitator")
    client.post(f"{URL}new", ROW)
    client.post(f"{URL}new", {**ROW, "key": "ash.fly.coal"})
    first = CostRow.objects.order_by("position").first()
    answer = client.post(f"{URL}{first.pk}/", {**ROW, "key": "ash.fly.coal", "version": "1"})
    assert answer.status_code == 422
    assert client.post(f"{URL}new", ROW).status_code == 422
    assert [r.values["key"] for r in CostRow.objects.all()] == ["slag.bf.granulated", "ash.fly.coal"]


def test_a_file_is_merged_and_a_wrong_one_changes_nothing(world):
    client = world.client("facilitator")
    client.post(f"{URL}new", ROW)
    sent = csv_of(
        {**ROW, "value": "22"}, {**ROW, "item": "price", "key": "coal", "value": "700", "low": "", "high": ""}
    )
    assert client.post(URL, {"file": sent}).status_code == 302
    assert {(r.values["item"], r.values["value"]) for r in CostRow.objects.all()} == {
        ("disposal", "22"),
        ("price", "700"),
    }
    wrong = client.post(URL, {"file": csv_of({**ROW, "unit": "t"}, {**ROW, "item": "rent"}), "whole": "yes"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "F2" in page
    assert "A3" in page
    assert CostRow.objects.count() == 2
    assert client.post(URL, {"file": csv_of(ROW), "whole": "yes"}).status_code == 302
    assert [r.values for r in CostRow.objects.all()] == [ROW]
    broken = client.post(URL, {"file": SimpleUploadedFile("c.xlsx", b"PK no workbook")})
    assert broken.status_code == 422
    assert client.post(URL, {}).status_code == 422


def test_the_workbook_can_be_sent_back(world):
    client = world.client("facilitator")
    client.post(f"{URL}new", {**ROW, "note": '=HYPERLINK("http://x")'})
    content = client.get(f"{URL}costs.xlsx").content
    assert client.post(URL, {"file": SimpleUploadedFile("c.xlsx", content), "whole": "yes"}).status_code == 302
    assert CostRow.objects.get().version == 1
    assert io.BytesIO(content).read(2) == b"PK"


@pytest.mark.parametrize("person", ["steel", "auditor", "stranger"])
def test_costs_are_seen_by_facilitators_and_administrators_alone(world, person):
    world.client("facilitator").post(f"{URL}new", ROW)
    client = world.client(person)
    row = CostRow.objects.get()
    for path in (URL, f"{URL}new", f"{URL}costs.xlsx", f"{URL}{row.pk}/"):
        assert client.get(path).status_code == 404
    assert client.post(URL, {"file": csv_of(ROW)}).status_code == 404
    assert client.post(f"{URL}{row.pk}/remove", {"version": "1"}).status_code == 404
    if person == "steel":
        assert "contract of 2023" not in client.get("/p/one/history/").content.decode()


def test_an_administrator_sees_the_history_of_costs_and_of_nothing_else(world, fields_of):
    flow = world.flow(world.firms["steel"])
    path = f"/p/one/firms/{flow.firm_id}/flows/{flow.pk}/"
    assert world.client("facilitator").post(path, fields_of(flow, note="a secret")).status_code == 302
    client = world.client("administrator")
    assert client.post(f"{URL}new", ROW).status_code == 302
    page = client.get(URL).content.decode()
    assert "contract of 2023" in page
    assert "a secret" not in page


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/p/two/", "/p/one/../two/", "/p/one/\\evil"]
)
def test_a_form_goes_back_to_this_park_alone(world, back):
    answer = world.client("facilitator").post(f"{URL}new", {**ROW, "back": back})
    assert answer["Location"] == URL


def test_guiyangs_costs_come_and_go_with_the_study(db, tmp_path):
    park = new_park("guiyang", "Guiyang", GUIYANG)
    assert costs_of_park(park) == read_costs(GUIYANG / "costs.csv")
    export_study(park, tmp_path / "same")
    assert (tmp_path / "same/costs.csv").read_bytes() == (GUIYANG / "costs.csv").read_bytes()
    person = User.objects.create_user("f@example.org")
    Membership.objects.create(park=park, user=person, role=Role.FACILITATOR)
    assert client_of(person).post("/p/guiyang/costs/new", {**ROW, "key": "ash.bottom.coal"}).status_code == 302
    export_study(park, tmp_path / "more")
    assert read_costs(tmp_path / "more/costs.csv") == costs_of_park(park)
    assert len(costs_of_park(park)) == len(read_costs(GUIYANG / "costs.csv")) + 1
    assert not (tmp_path / "more/inventory/history.jsonl").exists()


def test_a_study_with_wrong_costs_comes_in_and_the_page_tells_its_cells(db, tmp_path):
    import shutil

    study = tmp_path / "s"
    shutil.copytree(GUIYANG, study, ignore=shutil.ignore_patterns("results"))
    (study / "costs.csv").write_text("item,key,value,unit,kind,source,year\nrent,coal,1,CNY/t,reported,x,2012\n")
    park = new_park("wrong", "Wrong", study)
    person = User.objects.create_user("f@example.org")
    Membership.objects.create(park=park, user=person, role=Role.FACILITATOR)
    page = client_of(person).get("/p/wrong/costs/").content.decode()
    assert "A2" in page
    assert "could not be taken over" in page
    export_study(park, tmp_path / "out")
    assert (tmp_path / "out/costs.csv").read_bytes() == (study / "costs.csv").read_bytes()
