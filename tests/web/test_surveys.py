"""Surveys through the browser: differences first, problems at the cell, the marked copy, own firms only, hostile files."""

import io
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from attacks import XSS
from lichen.web.models import Change, FirmRow, FlowRow, Job, Membership, Upload
from lichen.web.rows import whole
from lichen.web.worker import run_waiting
from surveys import changed, package, rows_xml, sheets_of, write
from workbench import inventory


def book(tmp_path, found, name="survey.xlsx", **changed):
    path = write(tmp_path / name, sheets_of(found))
    return SimpleUploadedFile(name, path.read_bytes())


def send(client, file, park="one"):
    """Send a file and return the address of what it would change."""
    answer = client.post(f"/p/{park}/surveys/", {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def test_what_would_change_is_shown_before_it_is_done(world, tmp_path):
    client = world.client("facilitator")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    page = client.get(place).content.decode()
    assert "Take over 1 changes" in page
    assert "<td>222.0</td>" in page
    assert not Change.objects.exists()
    assert client.post(place, {"answer": "yes"}).status_code == 302
    change = Change.objects.get()
    assert (change.field, change.before, change.after, change.file) == ("quantity", "200.0", "222.0", "survey.xlsx")
    assert any(f.quantity.value == 222 for f in whole(world.one).flows)
    assert not Upload.objects.exists()
    assert client.get(place).status_code == 404


def test_a_no_writes_nothing(world, tmp_path):
    client = world.client("facilitator")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    client.post(place, {"answer": "no"})
    assert not Upload.objects.exists()
    assert not Change.objects.exists()


def test_the_same_survey_again_changes_nothing(world, tmp_path):
    client = world.client("facilitator")
    page = client.get(send(client, book(tmp_path, inventory()))).content.decode()
    assert "the park says the same already" in page
    assert 'value="yes"' not in page


def test_a_firm_sends_its_own_rows_only(world, tmp_path):
    client = world.client("steel")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0, slag_taken=333.0)))
    page = client.get(place).content.decode()
    assert "222.0" in page
    assert "333.0" not in page
    assert "does not speak for it" in page
    client.post(place, {"answer": "yes"})
    assert {c.firm for c in Change.objects.all()} == {"steel"}
    assert "206.0" in str(FlowRow.objects.get(firm=world.firms["cement"], material="slag.steel").values)


def test_a_firm_cannot_make_firms_nor_learn_which_there_are(world, tmp_path):
    client = world.client("steel")
    said = []
    for code in ("cement", "unheard-of"):
        text = "id,name,industry\n" + f"{code},X,3011\nsteel,Steelworks,3120\n"
        place = send(client, SimpleUploadedFile("f.csv", text.encode()))
        page = client.get(place).content.decode().replace(place, "PLACE")
        said.append(page.split("<main")[1].replace(code, "CODE").split("csrfmiddlewaretoken")[0])
    assert said[0] == said[1]
    assert not FirmRow.objects.filter(code="unheard-of").exists()


def test_what_was_changed_meanwhile_is_shown_anew(world, tmp_path, fields_of):
    client = world.client("facilitator")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    client.get(place)
    row = world.flow(world.firms["steel"], role="fuel")
    path = f"/p/one/firms/{row.firm_id}/flows/{row.pk}/"
    assert world.client("steel").post(path, fields_of(row, note="meanwhile")).status_code == 302
    page = client.post(place, {"answer": "yes"}, follow=True).content.decode()
    assert "changed since you looked" in page
    assert '<td class="was">meanwhile</td>' in page
    assert not any(f.quantity.value == 222 for f in whole(world.one).flows)
    client.post(place, {"answer": "yes"})
    assert any(f.quantity.value == 222 for f in whole(world.one).flows)


def test_an_unseen_survey_is_not_taken_over(world, tmp_path):
    client = world.client("facilitator")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    client.post(place, {"answer": "yes"})
    assert not Change.objects.exists()


def test_problems_stand_at_their_cells_and_in_the_marked_copy(world, tmp_path):
    sheets = sheets_of(inventory())
    rows = [list(r) for r in sheets[2].rows]
    rows[3][rows[0].index("quantity")] = "viel"
    sheets[2] = type(sheets[2])(sheets[2].file, sheets[2].name, tuple(map(tuple, rows)))
    path = write(tmp_path / "bad.xlsx", sheets)
    client = world.client("facilitator", headers={"Accept-Language": "zh-CN"})
    place = send(client, SimpleUploadedFile("bad.xlsx", path.read_bytes()))
    page = client.get(place).content.decode()
    assert "Flows F4" in page
    assert "以下企业存在错误" in page
    answer = client.get(f"{place}marked.xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="to-mend.xlsx"'
    copy = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert copy["Flows"]["F4"].comment is not None


def test_pasted_rows(world):
    client = world.client("facilitator")
    answer = client.post("/p/one/surveys/", {"pasted": "id\tname\tindustry\nmill\tPaper mill\t2221\n"})
    page = client.get(answer["Location"]).content.decode()
    assert "mill" in page
    client.post(answer["Location"], {"answer": "yes"})
    assert FirmRow.objects.get(code="mill").name == "Paper mill"


def test_another_ones_survey_is_not_found(world, tmp_path):
    place = send(world.client("steel"), book(tmp_path, inventory()))
    for person in ("facilitator", "cement", "stranger", "administrator"):
        assert world.client(person).get(place).status_code == 404


def bomb(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2**29)
    return path


def corner(tmp_path):
    return package(tmp_path / "corner.xlsx", {"Flows": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'})


def formulas(tmp_path):
    rows = rows_xml([("id", "name", "industry"), ("=cmd|' /C calc'!A0", "@SUM(1)", "3120")])
    return package(tmp_path / "formulas.xlsx", {"Firms": rows})


@pytest.mark.parametrize("make", [bomb, corner, formulas])
def test_hostile_workbooks_cost_a_page(world, tmp_path, make):
    client = world.client("facilitator")
    path = make(tmp_path)
    place = send(client, SimpleUploadedFile(path.name, path.read_bytes()))
    assert client.get(place).status_code == 200
    client.post(place, {"answer": "yes"})
    assert client.get(f"{place}marked.xlsx").status_code in (200, 404)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.xlsx", b""), ("text.xlsx", b"no workbook"), ("page.xlsx", b"<html><script>alert(1)</script></html>"),
        ("zeros.csv", b"\0" * 5000), ("../../etc/passwd", b"id,name,industry\n"), ("a" * 300 + ".csv", b"id,name\n1,2\n"),
        ("x.csv", "id,name,industry\nü,".encode() + b"\xff\xfe,1\n"), ("ole.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600),
        ("wide.csv", b"," * 200_000), ("deep.csv", b'"' * 100_001),
    ],
)  # fmt: skip
def test_files_that_are_none(world, name, content):
    client = world.client("steel")
    answer = client.post("/p/one/surveys/", {"file": SimpleUploadedFile(name, content)})
    if answer.status_code == 302:
        place = answer["Location"]
        assert client.get(place).status_code == 200
        assert client.get(f"{place}marked.xlsx").status_code in (200, 404)
    else:
        assert answer.status_code == 422
    assert not Change.objects.exists()


@pytest.mark.parametrize("attack", XSS)
def test_names_in_files_are_text(world, attack):
    client = world.client("facilitator")
    text = f'id,name,industry\n"{attack.replace(chr(34), chr(34) * 2)}","{attack.replace(chr(34), chr(34) * 2)}",9999\n'
    page = client.get(send(client, SimpleUploadedFile(f"{attack}.csv", text.encode()))).content.decode()
    assert attack not in page
    assert "<script" not in page


def test_too_large_is_told(world, monkeypatch):
    from lichen.web.views import uploads

    monkeypatch.setattr(uploads, "LARGEST", 10)
    answer = world.client("steel").post("/p/one/surveys/", {"file": SimpleUploadedFile("s.csv", b"x" * 11)})
    assert answer.status_code == 422
    assert not Upload.objects.exists()


def test_workbooks_to_download(world):
    client = world.client("steel")
    template = openpyxl.load_workbook(io.BytesIO(client.get("/p/one/surveys/template.xlsx").content))
    assert template.sheetnames[1:4] == ["Firms", "Processes", "Flows"]
    own = openpyxl.load_workbook(io.BytesIO(client.get("/p/one/inventory.xlsx").content))
    assert {row[0].value for row in own["Firms"].iter_rows(min_row=2)} >= {"steel"}
    assert "cement" not in {row[0].value for row in own["Firms"].iter_rows()}
    assert client.get("/p/one/surveys/template.xlsx?sector=3120").status_code == 200
    assert client.get("/p/one/surveys/template.xlsx?sector=nothing").status_code == 200


# --- large surveys --------------------------------------------------------------------------------------------------
@pytest.fixture
def all_are_large(monkeypatch):
    monkeypatch.setattr("lichen.web.surveys.SMALL", 0)


def test_a_large_survey_is_checked_and_taken_in_the_background(world, tmp_path, all_are_large):
    client = world.client("steel")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    page = client.get(place).content.decode()
    assert "in the background" in page
    assert "progress" in page
    assert client.get(place).status_code == 200
    assert run_waiting() == 1  # asked for once, however often it is looked at
    page = client.get(place).content.decode()
    assert "Take over 1 changes" in page
    assert "<td>222.0</td>" in page
    assert not Change.objects.exists()
    assert client.post(place, {"answer": "yes"}).status_code == 302
    assert "being taken over" in client.get(place).content.decode()
    assert not Change.objects.exists()
    assert run_waiting() == 1
    page = client.get(place).content.decode()
    assert "1 changes" in page
    assert 'value="yes"' not in page
    assert Change.objects.get().after == "222.0"
    assert Change.objects.get().by == world.people["steel"]
    assert place not in client.get("/p/one/surveys/").content.decode()  # it waits no more
    done = client.post(place, {"answer": "close"})
    assert (done.status_code, done["Location"]) == (302, "/p/one/firms/")
    assert not Upload.objects.exists()
    assert client.get(place).status_code == 404


def test_of_a_large_survey_the_marked_copy_is_made_with_the_check(world, tmp_path, all_are_large):
    client = world.client("facilitator")
    sheets = changed("flow", 3, sheets_of(inventory()), quantity="many")
    path = write(tmp_path / "bad.xlsx", sheets)
    place = send(client, SimpleUploadedFile("bad.xlsx", path.read_bytes()))
    client.get(place)
    run_waiting()
    page = client.get(place).content.decode()
    assert "many" in page
    copy = openpyxl.load_workbook(io.BytesIO(client.get(f"{place}marked.xlsx").content))
    assert any(cell.comment for sheet in copy for row in sheet for cell in row)


def test_a_large_survey_of_a_firm_that_changed_meanwhile_is_not_taken(world, tmp_path, all_are_large):
    client = world.client("facilitator")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    client.get(place)
    run_waiting()
    FirmRow.objects.filter(park=world.one).update(revision=7)
    client.post(place, {"answer": "yes"})
    run_waiting()
    page = client.get(place).content.decode()
    assert "changed since" in page
    assert not Change.objects.exists()
    client.post(place, {"answer": "again"})
    run_waiting()
    client.post(place, {"answer": "yes"})
    run_waiting()
    assert 'value="close"' in client.get(place).content.decode()
    assert Change.objects.count() == 1


def test_a_large_survey_that_nobody_wants_any_more_stops(world, tmp_path, all_are_large):
    client = world.client("facilitator")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    client.get(place)
    client.post(place, {"answer": "no"})
    assert not Upload.objects.exists()
    assert run_waiting() == 0
    assert not Change.objects.exists()


def test_who_lost_the_role_meanwhile_changes_nothing(world, tmp_path, all_are_large):
    client = world.client("steel")
    place = send(client, book(tmp_path, inventory(slag_sold=222.0)))
    client.get(place)
    run_waiting()
    client.post(place, {"answer": "yes"})
    Membership.objects.filter(user=world.people["steel"]).delete()
    run_waiting()
    assert not Change.objects.exists()
    assert set(Job.objects.filter(kind="survey").values_list("state", flat=True)) == {"cancelled"}


def test_jobs_about_a_survey_are_its_senders(world, tmp_path, all_are_large):
    place = send(world.client("steel"), book(tmp_path, inventory(slag_sold=222.0)))
    world.client("steel").get(place)
    run_waiting()
    job = Job.objects.get(kind="survey check")
    facilitator = world.client("facilitator")
    assert str(job.pk) not in facilitator.get("/p/one/jobs/").content.decode()
    assert facilitator.get(f"/p/one/jobs/{job.pk}/").status_code == 404
    assert facilitator.get(place).status_code == 404


def test_rows_are_told_in_the_page_s_language_and_codes_stay(world):
    from lichen.web.templatetags.lichen import _row_said

    row = "cement · in · in · raw material · steel slag · 2012 · sold · cement"
    assert _row_said(row, "zh") == "cement · in · 投入 · 原料 · 钢渣 · 2012 · 外售 · cement"
    assert (
        _row_said("cement · in · raw material · 钢渣 · 2012", "en") == "cement · in · raw material · steel slag · 2012"
    )
    assert _row_said("cement", "zh") == "cement"


# --- by the API -----------------------------------------------------------------------------------------------------
API = "/api/v1/parks/one/surveys"


def posted(client, file):
    answer = client.post(API, {"file": file})
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.mark.parametrize("large", [False, True])
def test_a_survey_by_the_api(world, tmp_path, large, monkeypatch):
    if large:
        monkeypatch.setattr("lichen.web.surveys.SMALL", 0)
    client = world.client("steel")
    told = posted(client, book(tmp_path, inventory(slag_sold=222.0)))
    at = f"{API}/{told['id']}"
    if large:
        assert told["state"] == "checking"
        assert run_waiting() == 1
        told = client.get(at).json()
    assert (told["state"], told["changed"]) == ("checked", 1)
    assert ["cement" in p["text"] for p in told["problems"]] == [True, False], "rows of others are left out"
    assert told["changes"][0]["after"] == "222.0"
    assert not Change.objects.exists()
    taken = client.post(f"{at}/take")
    assert (taken.status_code, taken.json()) == ((202, {"count": None}) if large else (200, {"count": 1}))
    if large:
        assert client.get(at).json()["state"] == "taking"
        assert run_waiting() == 1
        assert client.get(at).json()["state"] == "taken"
    assert Change.objects.get().after == "222.0"


def test_what_is_wrong_with_a_survey_by_the_api(world):
    client = world.client("steel")
    told = posted(client, SimpleUploadedFile("s.csv", b"no,survey\n1,2\n"))
    assert told["changed"] == 0
    assert [p["severity"] for p in told["problems"]] == ["error"]
    assert world.client("cement").get(f"{API}/{told['id']}").status_code == 404
    assert client.delete(f"{API}/{told['id']}").status_code == 204
    assert not Upload.objects.exists()
    assert client.post(API, {"file": SimpleUploadedFile("s.csv", b"x" * (20 * 2**20 + 1))}).status_code == 422
