"""A study sent as a ZIP file in the browser: in and out the same; what is no study changes nothing, inside or outside."""

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lichen.errors import FileError
from lichen.inventory.store import load
from lichen.web import worker, zips
from lichen.web.models import Change, FirmRow, Job, JobFile, Membership, Park, Role, StudyFile
from lichen.web.rows import whole
from lichen.web.studies import zipped
from lichen.web.zips import unpack
from workbench import client_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "guiyang"
INVENTORY = {f"s/inventory/{p.name}": p.read_bytes() for p in (EXAMPLE / "inventory").iterdir() if p.suffix == ".csv"}


def packed(files, **attributes):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.writestr(info, content)
    return out.getvalue()


@pytest.fixture
def empty(world):
    """Return a park without firms, and how its facilitator sends a study and reads what came of it."""
    park = Park.objects.create(slug="empty", name="Empty")
    Membership.objects.create(park=park, user=world.people["facilitator"], role=Role.FACILITATOR)
    client = client_of(world.people["facilitator"])

    def send(content):
        answer = client.post("/p/empty/study/", {"file": SimpleUploadedFile("../../a/s.zip", content)})
        if answer.status_code == 422:
            return answer
        assert answer.status_code == 302
        waiting = client.get("/p/empty/study/").content.decode()
        assert "<progress" in waiting
        assert "data-every" in waiting
        assert worker.run_waiting() == 1
        return client.get("/p/empty/study/")

    return park, send


def came_in(answer):
    """Return whether the page says that a study was brought in; otherwise it says what is wrong."""
    text = answer.content.decode()
    assert ("message success" in text) != ("message error" in text)
    return "message success" in text


def test_a_park_goes_out_and_into_another_the_same(empty, world):
    park, send = empty
    content = zipped(world.one)
    assert came_in(send(content))
    park.refresh_from_db()
    assert whole(park) == whole(world.one)
    assert not JobFile.objects.filter(job__park=park).exists()
    assert zipped(park).count(b"inventory/") == content.count(b"inventory/")
    assert send(content).status_code == 422, "it has firms now"


def test_guiyang_by_zip(empty, tmp_path):
    park, send = empty
    files = [
        (f"g/{p.relative_to(EXAMPLE)}", p.read_bytes())
        for p in sorted(EXAMPLE.rglob("*"))
        if p.is_file() and "__pycache__" not in p.parts
    ]
    assert came_in(send(packed(files)))
    park.refresh_from_db()
    assert whole(park) == load(EXAMPLE)
    assert StudyFile.objects.filter(park=park, path="study.toml").exists()


ELSEWHERE = [
    "../x",
    "s/../../x",
    "/etc/x",
    "s/..",
    "C:/x",
    "c:x",
    "s\\..\\x",
    "s/\x00x",
    "s/a\nb",
    "./x",
    "s/./x",
    "x" * 301,
    "\u202e/../x",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_paths_that_lead_elsewhere(name, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    info = zipfile.ZipInfo("y")
    info.filename = name  # as a hostile program would write it
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"x")
    with pytest.raises(FileError):
        unpack("s.zip", out.getvalue(), place)
    assert [p for p in tmp_path.rglob("*") if not p.is_relative_to(place)] == []


def test_links_devices_passwords_and_what_stands_twice(tmp_path):
    hostile = [
        packed([("s/link", b"/etc/passwd")], external_attr=(stat.S_IFLNK | 0o777) << 16),
        packed([("s/pipe", b"")], external_attr=(stat.S_IFIFO | 0o777) << 16),
        packed([("s/A", b"1"), ("s/a", b"2")]),
    ]
    locked = bytearray(packed([("s/x", b"x")]))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    for number, content in enumerate([*hostile, bytes(locked)]):
        place = tmp_path / str(number)
        place.mkdir()
        with pytest.raises(FileError):
            unpack("s.zip", content, place)
        assert not any(p.is_symlink() or p.is_fifo() for p in place.rglob("*"))


def test_bombs(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "LARGEST_FILE", 10_000)
    monkeypatch.setattr(zips, "LARGEST", 25_000)
    monkeypatch.setattr(zips, "MOST_FILES", 20)
    one = packed([("s/x", b"\0" * 10_001)])
    lying = bytearray(packed([("s/x", b"\0" * 1_000_000)]))
    at = lying.index(b"PK\x01\x02") + 24
    lying[at : at + 4] = (5).to_bytes(4, "little")
    many = packed([(f"s/{n}", b"x") for n in range(21)])
    together = packed([(f"s/{n}", b"\0" * 9_000) for n in range(3)])
    for number, content in enumerate([one, bytes(lying), many, together]):
        place = tmp_path / str(number)
        place.mkdir()
        with pytest.raises(FileError):
            unpack("s.zip", content, place)
        assert sum(p.stat().st_size for p in place.rglob("*") if p.is_file()) <= 25_000


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip", b"PK\x05\x06" + b"\0" * 18, packed([("s/readme", b"x")]),
                                     packed([("inventory", b"x")]), packed([("s/inventory/firms.csv", b"\xff\xfe\0")])])  # fmt: skip
def test_what_is_no_study_changes_nothing(content, empty):
    park, send = empty
    answer = send(content)
    assert not came_in(answer)
    assert "/tmp/" not in answer.content.decode()
    assert "etc/" not in answer.content.decode()
    assert not FirmRow.objects.filter(park=park).exists()
    assert not StudyFile.objects.filter(park=park).exists()


LINE = {"time": "2024-05-31T08:00:00+00:00", "file": "f", "entity": "flow", "firm": "x", "row": "r", "what": "changed"}


@pytest.mark.parametrize("wrong", [{"time": 5}, {"time": "yesterday"}, {"time": "2024-05-31"}, {"firm": ["x"]}, {"before": "\0"},
                                   {"entity": "x" * 11}, {"field": {"a": 1}}, {"time": "9999-99-99T00:00:00+00:00"}])  # fmt: skip
def test_a_history_that_is_none_changes_nothing(wrong, empty):
    park, send = empty
    line = json.dumps({**LINE, **wrong}).encode()
    answer = send(packed([*INVENTORY.items(), ("s/inventory/history.jsonl", line + b"\n")]))
    assert not came_in(answer)
    assert "history.jsonl" in answer.content.decode()
    assert not FirmRow.objects.filter(park=park).exists()
    assert not Change.objects.filter(park=park).exists()


def test_what_went_wrong_can_be_sent_again_and_run_again(empty, world):
    park, send = empty
    assert not came_in(send(packed([("s/readme", b"x")])))
    client = client_of(world.people["facilitator"])
    failed = Job.objects.get(park=park)
    client.post(f"/p/empty/jobs/{failed.pk}/again")
    assert worker.run_waiting() == 1
    assert {job.state for job in Job.objects.filter(park=park)} == {"failed"}, "what was sent is read again"
    assert came_in(send(zipped(world.one)))
    client.post(f"/p/empty/jobs/{failed.pk}/again")
    assert worker.run_waiting() == 1
    assert Job.objects.filter(park=park).order_by("-created").first().state == "cancelled", "what was sent is gone"


def test_who_was_faster_keeps_the_park(empty, world):
    park, _ = empty
    client = client_of(world.people["facilitator"])
    for one in (world.one, world.two):
        client.post("/p/empty/study/", {"file": SimpleUploadedFile("s.zip", zipped(one))})
    assert worker.run_waiting() == 2
    park.refresh_from_db()
    states = dict(Job.objects.filter(park=park).values_list("params__sent", "state"))
    assert sorted(states.values()) == ["cancelled", "done"], "the one that was sent last counts"
    assert whole(park) == whole(world.two)


def test_by_the_api(empty, world):
    park, _ = empty
    client = client_of(world.people["facilitator"])
    out = client.get("/api/v1/parks/one/study")
    assert out["Content-Type"] == "application/zip"
    answer = client.post("/api/v1/parks/empty/study", {"file": SimpleUploadedFile("s.zip", out.getvalue())})
    assert answer.status_code == 202
    assert worker.run_waiting() == 1
    job = client.get(f"/api/v1/parks/empty/jobs/{answer.json()['id']}").json()
    assert (job["state"], job["result"]) == ("done", len(whole(world.one).firms))
    park.refresh_from_db()
    assert whole(park) == whole(world.one)
    assert client.post("/api/v1/parks/empty/study", {"file": SimpleUploadedFile("s.zip", b"x")}).status_code == 409


def test_nothing_sent_and_nobody_else(empty, world):
    assert client_of(world.people["facilitator"]).post("/p/empty/study/").status_code == 422
    assert "not empty" in client_of(world.people["facilitator"]).get("/p/one/study/").content.decode()
    assert client_of(world.people["stranger"]).get("/p/empty/study/").status_code == 404
