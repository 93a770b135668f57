"""Null characters: whatever way they come, they are told and never asked of the database; PostgreSQL keeps none."""

import io
import json
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from lichen.errors import FileError
from lichen.inventory.dictionary import columns
from lichen.sheets import read_sheets
from lichen.web import worker
from lichen.web.models import Audit, FirmRow, Job, Membership, Park, Role, StudyFile
from lichen.web.studies import zipped
from workbench import client_of

BODIES = [
    ("post", "firms", lambda x: {"values": {"id": "mill", "name": x}}), ("post", "firms", lambda x: {"values": {x: "mill"}}),
    ("put", "firms/{firm}", lambda x: {"values": {"name": x}}), ("post", "firms/{firm}/flows", lambda x: {"values": {"note": x}}),
    ("post", "board", lambda x: {"title": "a", "key": x}), ("post", "board", lambda x: {"title": "a", "unknown": [{"deep": [x]}]}),
    ("post", "register?of=planned", lambda x: {"values": {"exchange": x, "year": 2026}}),
    ("put", "settings?of=settle", lambda x: {"values": {"threshold": [{"id": x}]}}),
    ("post", "costs", lambda x: {"values": {"item": x}}), ("post", "designs", lambda x: {"name": x}),
]  # fmt: skip


@pytest.mark.parametrize("hostile", ["a\0b", "\0", "\ud800"])
@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_a_body_with_one_is_told(world, method, path, body, hostile):
    client, before = world.client("facilitator"), Audit.objects.count()
    sent = json.dumps(body(hostile))
    address = f"/api/v1/parks/one/{path.format(firm=world.firms['steel'].pk)}"
    for encoded in (sent.encode(), sent.encode("utf-16")):
        answer = getattr(client, method)(address, encoded, content_type="application/json", headers={"If-Match": "1"})
        assert answer.status_code == 422
        assert [p["code"] for p in answer.json()["problems"]] == ["workbench.no_text"]
    assert Audit.objects.count() == before


def test_its_place_is_told(world):
    body = json.dumps({"values": {"exchange": "a", "note": "b\0"}})
    answer = world.client("facilitator", headers={"Accept-Language": "zh"}).post(
        "/api/v1/parks/one/register?of=planned", body, content_type="application/json"
    )
    (problem,) = answer.json()["problems"]
    assert problem["field"] == "values.note"
    assert "空字符" in problem["found"]


def workbook(rows, mark=b"_x0000_"):
    """Return a workbook in which every Ω stands for a null character, as Excel escapes it or bare."""
    made, out = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("Data")
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet.write(i, j, value)
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace("Ω".encode(), mark))
    return out.getvalue()


MARKS = [b"_x0000_", b"\0"]
ROWS = {
    "register": [["firm", "measure", "category", "state", "kind", "source"], ["steel", "pump Ω", "pumps", "idea", "estimated", "visit"]],
    "costs": [["item", "key", "value", "unit", "year", "kind", "source"], ["disposal", "", 100, "CNY/t", 2020, "reported", "aΩ"]],
    "survey": [[c.key for c in columns("firm")], ["mill", *("aΩ" if c.type == "text" else "" for c in (c.field for c in columns("firm")[1:]))]],
}  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_a_workbook_tells_each_cell(tmp_path, mark):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook([["a", "bΩ"], ["Ω", 5]], mark))
    with pytest.raises(FileError) as error:
        read_sheets(path)
    assert [(p.code, p.where.cell) for p in error.value.problems] == [("sheets.null", "B1"), ("sheets.null", "A2")]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("kind", ROWS)
def test_files_with_one_are_told_at_the_cell(world, kind, mark):
    client, content = world.client("facilitator"), workbook(ROWS[kind], mark)
    path, more = {
        "register": ("/p/one/follow/register?of=measure", {"answer": "take"}), "costs": ("/p/one/costs/", {}),
        "survey": ("/p/one/surveys/", {}),
    }[kind]  # fmt: skip
    sent = SimpleUploadedFile("s.xlsx", content)
    answer = client.post(path, {"file": sent, **more}, follow=True)
    assert answer.status_code in (200, 422)
    assert "There is a null character" in answer.content.decode()
    text = "\t".join(map(str, ROWS[kind][0])) + "\n" + "\t".join(map(str, ROWS[kind][1])).replace("Ω", "\0")
    answer = client.post(path, {"file": SimpleUploadedFile("s.csv", text.encode()), **more}, follow=True)
    assert answer.status_code in (200, 422)
    assert "neither a workbook nor text" in answer.content.decode()


@pytest.fixture
def bring(world):
    """Return how a facilitator brings a study into an empty park, its files changed, and the job of it."""
    park = Park.objects.create(slug="empty", name="Empty")
    Membership.objects.create(park=park, user=world.people["facilitator"], role=Role.FACILITATOR)
    client = client_of(world.people["facilitator"])

    def send(changed):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(zipped(world.one))) as before, zipfile.ZipFile(out, "w") as after:
            for name in set(before.namelist()) - {f"one/{n}" for n in changed}:
                after.writestr(name, before.read(name))
            for name, content in changed.items():
                after.writestr(f"one/{name}", content)
        client.post("/p/empty/study/", {"file": SimpleUploadedFile("s.zip", out.getvalue())})
        assert worker.run_waiting() == 1
        job = Job.objects.filter(park=park).first()
        return job.state, " ".join(p["en"] for p in job.problems)

    return send


LINE = {"time": "2024-05-31T08:00:00+00:00", "file": "f", "entity": "flow", "firm": "x", "row": "r", "what": "gone"}


@pytest.mark.parametrize(("name", "content"), [
    ("study.toml", 'title = "a\\u0000b"\n'), ("exchanges.toml", '[[exchange]]\nid = "a\\u0000b"\n'),
    ("study.toml", '"a\\u0000" = 5\n'), ("inventory/firms.csv", "id,name,industry\nmill,a\0b,2110\n"),
    ("inventory/history.jsonl", json.dumps({**LINE, "after": "a\0"})), ("history.jsonl", json.dumps({**LINE, "entity": "cost", "row": "a\0"})),
    ("inventory/history.jsonl", json.dumps({**LINE, "by": "a\ud800"})),
    ("follow-up/events.csv", "exchange,date,state,note\na,2024,idea,b\0\n"),
    ("follow-up/parties.csv", "exchange,title,title_zh,donor,receiver,named,origin\na,b\0,,,,no,\n"),
    ("follow-up/events.xlsx", workbook([["exchange", "date", "state"], ["aΩ", "2024", "idea"]])),
    ("costs.csv", "item,key,value,unit,year,kind,source\ndisposal,,100,CNY/t,2020,reported,a\0\n"),
    ("follow-up/documents.csv", "file,exchange,name,digest,shared,firm,by,time\n0001.txt,a,b\0.txt,0,no,,,\n"),
])  # fmt: skip
def test_a_study_with_one_brings_nothing_and_says_where(bring, name, content):
    state, said = bring({name: content})
    park = Park.objects.get(slug="empty")
    if name == "costs.csv":  # a file that cannot be read stays a file, and the page of costs tells why
        assert state == "done"
        page = client_of(Membership.objects.get(park=park).user).get("/p/empty/costs/")
        assert "neither a workbook nor text" in page.content.decode()
        return
    assert state == "failed"
    assert name.rpartition("/")[2] in said
    assert not FirmRow.objects.filter(park=park).exists()
    assert not StudyFile.objects.filter(park=park).exists()
