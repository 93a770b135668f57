"""A whole park goes out and into another: documents, history, who reads what; a hostile study brings nothing at all."""

import csv
import hashlib
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from typer.testing import CliRunner

from lichen.errors import FileError
from lichen.web import documents, worker
from lichen.web.board import cards
from lichen.web.document_files import KEYS, export_documents
from lichen.web.followed_models import Document, Exchange, FollowRow, LogRow
from lichen.web.models import Audit, Change, FirmRow, FlowRow, Job, Membership, Park, Role, StudyFile, User
from lichen.web.policy import ALLOWED, Action, scope_of
from lichen.web.run_models import CostRow
from lichen.web.store import Origin
from lichen.web.studies import export_whole, import_study, new_park, whole_zipped
from workbench import client_of

PDF = b"%PDF-1.4 minutes"
COST = {
    "item": "disposal", "key": "slag.bf.granulated", "value": "20", "low": "10", "high": "30", "unit": "CNY/t",
    "kind": "reported", "source": "contract of 2023", "year": "2023", "note": "",
}  # fmt: skip
MEASURE = {"firm": "steel", "measure": "new pump", "category": "pumps", "state": "idea", "kind": "estimated", "source": "visit"}  # fmt: skip


@pytest.fixture
def full(world, fields_of):
    """Return a park in which everything was done that leaves a trace."""
    facilitator, steel = world.client("facilitator"), world.client("steel")
    User.objects.filter(email="steel@example.org").update(name="")  # only an address
    flow = world.flow(world.firms["steel"])
    assert facilitator.post(f"/p/one/firms/{flow.firm_id}/flows/{flow.pk}/", fields_of(flow, note="数量,\"已\"核对")).status_code == 302  # fmt: skip
    assert facilitator.post("/p/one/costs/new", COST).status_code == 302
    row = CostRow.objects.get(park=world.one)
    assert facilitator.post(f"/p/one/costs/{row.pk}/", {**COST, "value": "25", "version": "1"}).status_code == 302
    assert steel.post("/p/one/follow/new?of=measure", MEASURE).status_code == 302
    measure = FollowRow.objects.get(park=world.one)
    assert steel.post(f"/p/one/follow/{measure.pk}/", {**MEASURE, "state": "agreed", "version": "1"}).status_code == 302
    assert facilitator.post("/p/one/follow/new?of=milestone", {"milestone": "kick-off", "due": "2026"}).status_code == 302  # fmt: skip
    version = facilitator.get("/api/v1/parks/one/settings").json()["version"]
    answer = facilitator.put("/api/v1/parks/one/settings?of=design", json.dumps({"values": {"years": 8}}),
                             content_type="application/json", headers={"If-Match": version})  # fmt: skip
    assert answer.status_code == 200
    for title, key in (("Slag, “granulated”", "slag/1 渣"), ("Only named", "only-named")):
        answer = facilitator.post("/p/one/board/add", {
            "title": title, "title_zh": "矿渣", "key": key, "date": "2026-01", **({} if key == "only-named" else {
                "donor": world.firms["steel"].pk, "receiver": world.firms["cement"].pk})})  # fmt: skip
        assert answer.status_code == 302
    slag = Exchange.objects.get(key="slag/1 渣")
    event = {"date": "2026-02-01", "state": "contact", "note": "open to both"}
    assert facilitator.post(f"/p/one/board/{slag.pk}/", {**event, "shared": "yes"}).status_code == 302
    assert facilitator.post(f"/p/one/board/{slag.pk}/", {**event, "note": "for the park alone"}).status_code == 302
    assert steel.post(f"/p/one/board/{slag.pk}/", {**event, "note": "from the steelworks"}).status_code == 302
    for client, name, shared in ((facilitator, "会议 纪要.pdf", "yes"), (facilitator, "park.pdf", ""), (steel, "own.pdf", ""), (steel, "own.pdf", "yes")):  # fmt: skip
        sent = SimpleUploadedFile(name, PDF + name.encode() + shared.encode())
        assert client.post(f"/p/one/board/{slag.pk}/documents", {"file": sent, "shared": shared}).status_code == 302
    assert Document.objects.count() == 4
    return world.one


def files_of(park):
    """Return a park's study by path, without the folder that is called as the park."""
    with whole_zipped(park) as content, zipfile.ZipFile(content) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"study/{name}", content)
    return out.getvalue()


@pytest.fixture
def elsewhere(world):
    """Return an empty park, and how its facilitator, who has no role elsewhere, brings files in; what was said."""
    park = Park.objects.create(slug="empty", name="Empty")
    person = User.objects.create_user("li@example.org", name="Li")
    Membership.objects.create(park=park, user=person, role=Role.FACILITATOR)
    client = client_of(person)

    def send(files):
        answer = client.post("/p/empty/study/", {"file": SimpleUploadedFile("s.zip", packed(files))})
        assert answer.status_code == 302
        assert worker.run_waiting() == 1
        job = Job.objects.filter(park=park).first()
        park.refresh_from_db()
        return job.state, [p["en"] for p in job.problems]

    return park, client, send


def test_out_and_in_and_out_is_the_same_file_for_file(full, elsewhere):
    park, _, send = elsewhere
    out = files_of(full)
    assert {"history.jsonl", "inventory/history.jsonl", "follow-up/log.csv", "follow-up/parties.csv", "follow-up/documents.csv",
            "follow-up/documents/0004.pdf", "study.toml", "costs.csv"} <= set(out)  # fmt: skip
    assert send(out) == ("done", [])
    again = files_of(park)
    assert again.keys() == out.keys()
    for name in out:
        assert again[name] == out[name], name


def test_what_comes_in_is_what_was_there(full, elsewhere):
    park, _, send = elsewhere
    assert send(files_of(full))[0] == "done"
    ours, theirs = (list(Document.objects.filter(park=p).order_by("id")) for p in (full, park))
    for one, other in zip(ours, theirs, strict=True):
        assert (one.name, one.digest, one.size, one.shared) == (other.name, other.digest, other.size, other.shared)
        assert one.stored != other.stored
        assert (one.firm.code if one.firm else "") == (other.firm.code if other.firm else "")
        assert abs(one.created - other.created).total_seconds() < 1
        assert hashlib.sha256((documents.folder() / other.stored).read_bytes()).hexdigest() == one.digest
        assert (documents.folder() / other.stored).stat().st_mode & 0o077 == 0
    assert [d.author for d in theirs] == ["Facilitator", "Facilitator", "steel", "steel"]
    log = [list(LogRow.objects.filter(park=p).order_by("id").values_list("values", "shared")) for p in (full, park)]
    assert log[0] == log[1]
    told = [list(Change.objects.filter(park=p).order_by("entity", "id").values_list("entity", "row", "what", "field", "before", "after", "firm"))
            for p in (full, park)]  # fmt: skip
    assert told[0] == told[1]
    assert {entity for entity, *_ in told[1]} == {"flow", "cost", "measure", "milestone", "setting"}
    assert Exchange.objects.get(park=park, key="only-named").title == "Only named"


def test_people_come_as_names_and_nobody_gets_an_account(full, elsewhere):
    park, _, send = elsewhere
    out, people = files_of(full), User.objects.count()
    assert b"@example.org" not in b"".join(out.values())
    assert send(out)[0] == "done"
    assert User.objects.count() == people
    assert list(Membership.objects.filter(park=park).values_list("user__email", flat=True)) == ["li@example.org"]
    assert not Change.objects.filter(park=park).exclude(by=None).exists()
    assert not Change.objects.filter(park=park, author=None).exists()
    assert not Document.objects.filter(park=park).exclude(by=None).exists()
    # what the installation itself says was done was done here, by who brought it
    assert set(Audit.objects.filter(park=park).values_list("by__email", flat=True)) == {"li@example.org"}
    digests = Document.objects.filter(park=park).values_list("digest", flat=True)
    for digest in digests:
        assert Audit.objects.filter(park=park, action="document imported", about__contains=digest).exists()


@pytest.mark.parametrize(("lang", "mark"), [("en", "from the study&#x27;s files"), ("zh", "来自研究文件")])
def test_pages_mark_what_came_in(full, elsewhere, lang, mark, fields_of):
    park, client, send = elsewhere
    out = files_of(full)
    out["history.jsonl"] = out["history.jsonl"].replace(b'"by": "Facilitator"', b'"by": "Li <b>"')
    assert send(out)[0] == "done"
    client.cookies["lichen_language"] = {"en": "en", "zh": "zh-hans"}[lang]
    slag = Exchange.objects.get(park=park, key="slag/1 渣")
    for path in ("history/", "costs/", "settings/", f"board/{slag.pk}/"):
        assert mark in client.get(f"/p/empty/{path}").content.decode(), path
    page = client.get("/p/empty/costs/").content.decode()
    assert "Li &lt;b&gt; <span" in page
    rows = client.get("/api/v1/parks/empty/history").json()["rows"]
    assert {(r["by"], r["author"] is None) for r in rows} == {("", False)}
    assert all(e["from_study"] for e in client.get(f"/api/v1/parks/empty/board/{slag.pk}").json()["log"])
    # what is done here from now on is not marked
    flow = FlowRow.objects.filter(park=park).first()
    address = f"/p/empty/firms/{flow.firm_id}/flows/{flow.pk}/"
    assert client.post(address, fields_of(flow, note="new")).status_code == 302
    newest = client.get("/api/v1/parks/empty/history").json()["rows"][0]
    assert (newest["by"], newest["author"]) == ("Li", None)


def test_firms_read_in_the_new_park_what_they_read_in_the_old_one(full, elsewhere):
    park, _, send = elsewhere
    assert send(files_of(full))[0] == "done"
    slag = Exchange.objects.get(park=park, key="slag/1 渣")
    for code, names, words in (
        ("steel", {"会议 纪要.pdf", "own.pdf"}, True),
        ("cement", {"会议 纪要.pdf", "own.pdf"}, False),
    ):
        person = User.objects.create_user(f"{code}-2@example.org")
        Membership.objects.create(
            park=park, user=person, role=Role.FIRM, firm=FirmRow.objects.get(park=park, code=code)
        )
        client = client_of(person)
        page = client.get(f"/p/empty/board/{slag.pk}/").content.decode()
        assert {d.name for d in Document.objects.filter(park=park) if d.name in page} == names
        assert page.count("own.pdf</a>") == (2 if code == "steel" else 1)
        assert "open to both" in page
        assert "for the park alone" not in page
        assert "park.pdf" not in page
        history = client.get("/p/empty/history/").content.decode()
        assert ("new pump" in history) == words
        assert "slag.bf.granulated" not in history
        assert "years" not in history
        assert client.get("/p/empty/study.zip").status_code == 404
        private = Document.objects.get(park=park, name="own.pdf", shared=False)
        status = client.get(f"/p/empty/board/{slag.pk}/documents/{private.pk}/").status_code
        assert status == (200 if code == "steel" else 404)


def test_who_carries_a_study_may_read_all_that_is_in_it():
    inside = (
        Action.READ_ROWS,
        Action.READ_HISTORY,
        Action.READ_COSTS,
        Action.READ_SETTINGS,
        Action.SEE_BOARD,
        Action.READ_FOLLOW,
    )
    for role in ALLOWED[Action.CARRY_STUDY]:
        assert role != Role.FIRM
        assert all(role in ALLOWED[action] for action in inside)


# --- hostile studies --------------------------------------------------------------------------------------------------
def index(files, change):
    """Change rows of the index of documents."""
    rows = list(csv.DictReader(io.StringIO(files["follow-up/documents.csv"].decode())))
    change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, KEYS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files["follow-up/documents.csv"] = out.getvalue().encode()


def put(n, **values):
    return lambda files: index(files, lambda rows: rows[n].update(values))


def swap(name, old, new):
    def change(files):
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return change


def svg(files):
    content = b"<svg onload='alert(1)'/>"
    files["follow-up/documents/0001.pdf"] = content
    put(0, name="a.svg", digest=hashlib.sha256(content).hexdigest())(files)


def page(files):
    content = b"<script>alert(1)</script>"
    files["follow-up/documents/0001.pdf"] = content
    put(0, digest=hashlib.sha256(content).hexdigest())(files)


def many(files):
    files["follow-up/documents/0001.pdf"] = PDF
    digest = hashlib.sha256(PDF).hexdigest()
    index(files, lambda rows: rows.extend({**rows[0], "file": f"x{n}.pdf", "digest": digest} for n in range(200)))
    files.update({f"follow-up/documents/x{n}.pdf": PDF for n in range(200)})


def folder_at(name):
    """Put a folder where a file of a study stands."""

    def change(files):
        files.pop(name, None)
        files[f"{name}/x.txt"] = b"x"

    return change


HISTORY = "history.jsonl"
HOSTILE = {
    "digest": (put(1, digest="0" * 64), "follow-up/documents.csv, cell D3", "its digest"),
    "content": (lambda f: f.update({"follow-up/documents/0002.pdf": PDF + b"!"}), "follow-up/documents.csv, cell D3", "its digest"),
    "missing": (lambda f: f.pop("follow-up/documents/0003.pdf"), "follow-up/documents.csv, cell A4", "is not in the folder"),
    "elsewhere": (put(0, file="../../study.toml"), "follow-up/documents.csv, cell A2", "is not in the folder"),
    "no exchange": (put(0, exchange="nothing"), "follow-up/documents.csv, cell B2", "no exchange “nothing”"),
    "id of a row": (put(0, exchange="1"), "follow-up/documents.csv, cell B2", "no exchange “1”"),
    "no firm": (put(2, firm="foreign"), "follow-up/documents.csv, cell F4", "code “foreign”"),
    "twice": (put(2, file="0001.pdf"), "follow-up/documents.csv, cell A4", "named twice"),
    "not named": (lambda f: f.update({"follow-up/documents/more/x.pdf": PDF}), "follow-up/documents/more/x.pdf", "No row"),
    "active": (svg, "follow-up/documents.csv, cell C2", "kind"),
    "page": (page, "follow-up/documents.csv, cell C2", "not what its name says"),
    "empty": (lambda f: f.update({"follow-up/documents/0001.pdf": b""}), "follow-up/documents.csv, cell C2", "empty"),
    "name with a folder": (put(0, name="../a.pdf"), "follow-up/documents.csv, cell C2", "column name"),
    "name that turns": (put(0, name="\u202efdp.pdf"), "follow-up/documents.csv, cell C2", "column name"),
    "shared": (put(0, shared="perhaps"), "follow-up/documents.csv, cell E2", "column shared"),
    "by": (put(0, by="x" * 151), "follow-up/documents.csv, cell G2", "column by"),
    "time": (put(0, time="yesterday"), "follow-up/documents.csv, cell H2", "column time"),
    "columns": (swap("follow-up/documents.csv", b"digest", b"sum"), "follow-up/documents.csv, cell A1", "columns"),
    "too many": (many, "follow-up/documents.csv", "200 documents"),
    "cost of a firm": (swap(HISTORY, b'"entity": "cost", "firm": ""', b'"entity": "cost", "firm": "steel"'), "history.jsonl", "Line 1"),
    "entity": (swap(HISTORY, b'"entity": "cost"', b'"entity": "audit"'), "history.jsonl", "Line 1"),
    "flow elsewhere": (swap(HISTORY, b'"entity": "cost"', b'"entity": "flow"'), "history.jsonl", "Line 1"),
    "cost among flows": (swap("inventory/history.jsonl", b'"entity": "flow"', b'"entity": "cost"'), "inventory/history.jsonl", "Line 1"),
    "by too long": (swap(HISTORY, b'"by": "Facilitator"', b'"by": "' + b"x" * 151 + b'"'), "history.jsonl", "Line 1"),
    "by is no text": (swap(HISTORY, b'"by": "Facilitator"', b'"by": {"id": 1}'), "history.jsonl", "Line 1"),
    "line": (lambda f: f.update({HISTORY: f[HISTORY] + b"{}\n"}), "history.jsonl", "cannot be read"),
    "time before all": (swap(HISTORY, b'"time": "2', b'"time": "0001-01-01T00:00:00+14:00", "x": "2'), "history.jsonl", "Line 1"),
    "party twice": (lambda f: f.update({"follow-up/parties.csv": f["follow-up/parties.csv"] + f["follow-up/parties.csv"].split(b"\n")[1] + b"\n"}),
                    "follow-up/parties.csv, cell A4", "stands twice"),
    "party of elsewhere": (swap("follow-up/parties.csv", b",steel,cement,", b",steel,foreign,"), "follow-up/parties.csv, cell E2", "“foreign”"),
    "party named": (swap("follow-up/parties.csv", b",no,", b",1,"), "follow-up/parties.csv, cell F2", "column named"),
    "party that is long": (swap("follow-up/parties.csv", b"Only named", b"x" * 201), "follow-up/parties.csv, cell B3", "column title"),
    "words of another event": (swap("follow-up/events.csv", b"open to both", b"secret"), "follow-up/log.csv, cell B4", "not the one"),
    "log without an event": (lambda f: f.update({"follow-up/log.csv": f["follow-up/log.csv"] + b"slag,9,0,yes,,,2026-01-01T00:00:00+00:00\n"}),
                             "follow-up/log.csv", "not the one"),
    "event of many digits": (lambda f: f.update({"follow-up/log.csv": f["follow-up/log.csv"] + b"slag," + b"9" * 5000 + b",0,yes,,,2026-01-01T00:00:00+00:00\n"}),
                             "follow-up/log.csv", "not the one"),
    **{f"folder {name}": (folder_at(name), name, "is a folder") for name in (
        "study.toml", "costs.csv", "history.jsonl", "follow-up/log.csv", "follow-up/documents.csv", "follow-up/parties.csv",
        "follow-up/terms.csv", "follow-up/targets.csv")},
    "folder of costs": (lambda f: (f.pop("costs.csv"), f.update({"study.toml": f["study.toml"] + b'costs = "prices.csv"\n', "prices.csv/a.csv": b"x"})),
                        "prices.csv", "is a folder"),
    "file for a folder": (lambda f: ([f.pop(k) for k in list(f) if k.startswith("follow-up/")], f.update({"follow-up": b"x"})),
                          "follow-up", "is a file"),
    "file for documents": (lambda f: ([f.pop(k) for k in list(f) if k.startswith("follow-up/documents")], f.update({"follow-up/documents": b"x"})),
                           "follow-up/documents", "is a file"),
    "two logs": (lambda f: f.update({"follow-up/events.xlsx": b"PK"}), "events.csv", "events.xlsx"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_is_told_at_its_place_and_nothing_comes_in(full, elsewhere, name):
    park, _, send = elsewhere
    change, place, words = HOSTILE[name]
    files, kept = files_of(full), set(documents.folder().iterdir())
    change(files)
    state, said = send(files)
    assert state == "failed"
    assert any(place in text and words in text for text in said), said
    for model in (FirmRow, Document, Exchange, LogRow, FollowRow, CostRow, Change, StudyFile):
        assert not model.objects.filter(park=park).exists(), model
    assert set(documents.folder().iterdir()) == kept
    assert set(Audit.objects.filter(park=park).values_list("action", flat=True)) == {"logged in"}


def test_all_that_is_wrong_is_told_together(full, elsewhere):
    files = files_of(full)
    for name in ("digest", "no exchange", "shared", "entity", "party twice", "words of another event"):
        HOSTILE[name][0](files)
    state, said = elsewhere[2](files)
    assert state == "failed"
    for name in ("digest", "no exchange", "shared", "entity", "party twice", "words of another event"):
        assert any(HOSTILE[name][1] in text and HOSTILE[name][2] in text for text in said), name


def test_a_failure_half_way_leaves_nothing(full, elsewhere, monkeypatch):
    park, _, send = elsewhere
    kept, calls, store = set(documents.folder().iterdir()), [], documents.store

    def full_disk(chunks):
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return store(chunks)

    monkeypatch.setattr(documents, "store", full_disk)
    assert send(files_of(full)) == ("failed", [])
    assert len(calls) == 3
    assert set(documents.folder().iterdir()) == kept
    assert not FirmRow.objects.filter(park=park).exists()
    monkeypatch.setattr(documents, "store", store)
    assert send(files_of(full))[0] == "done"


def test_a_document_that_is_larger_than_one_that_is_sent_may_be(full, elsewhere, monkeypatch):
    monkeypatch.setattr(documents, "LARGEST", 20)
    state, said = elsewhere[2](files_of(full))
    assert state == "failed"
    assert any("larger than" in text for text in said)


@pytest.mark.parametrize("what", ["cost", "exchange", "setting"])
def test_a_park_with_something_in_it_is_not_empty(full, elsewhere, what):
    park, client, _ = elsewhere
    content = packed(files_of(full))
    {
        "cost": lambda: CostRow.objects.create(park=park, values=COST, position=1),
        "exchange": lambda: Exchange.objects.create(park=park, key="a", title="A"),
        "setting": lambda: StudyFile.objects.create(park=park, path="study.toml", content=b"x = 1"),
    }[what]()
    answer = client.post("/p/empty/study/", {"file": SimpleUploadedFile("s.zip", content)})
    assert answer.status_code == 422
    assert "is not empty" in answer.content.decode()
    answer = client.post("/api/v1/parks/empty/study", {"file": SimpleUploadedFile("s.zip", content)})
    assert answer.status_code == 409
    assert not FirmRow.objects.filter(park=park).exists()


# --- folders: the command line and the library ------------------------------------------------------------------------
def test_the_command_line_works_on_the_folder(full, tmp_path):
    from lichen.cli import app
    from lichen.inventory.store import history
    from lichen.monitor.read import read_follow_up
    from lichen.study.history import whole_history

    assert export_whole(full, tmp_path / "study") == []
    study = str(tmp_path / "study")
    for call in (["follow", study, "--out", str(tmp_path / "page.html")], ["inventory", "history", study], ["inventory", "show", study],
                 ["check", study], ["discover", study, "--out", str(tmp_path / "found")]):  # fmt: skip
        done = CliRunner().invoke(app, call)
        assert done.exit_code == 0, (call, done.output)
    assert [e["by"] for e in history(study)] == ["Facilitator"]
    told = json.loads(CliRunner().invoke(app, ["inventory", "history", study, "--all", "--json"]).stdout)
    assert {e["entity"] for e in told} == {"flow", "cost", "measure", "milestone", "setting"}
    text = CliRunner().invoke(app, ["inventory", "history", study, "--all"]).stdout
    told = [e for e in told if e["entity"] in ("measure", "milestone") and e["what"] == "new"]
    assert told
    for e in told:  # every value that came is said, and in which register
        title = {"measure": "Efficiency measures", "milestone": "Milestones"}[e["entity"]]
        assert f"{title} · {e['row']} {e['field']}: {e['after']}\n" in text
    assert "browser (Facilitator)  changed  disposal slag.bf.granulated 2023 value: 20 → 25" in text
    assert {e["entity"] for e in whole_history(study, "steel")} == {"flow", "measure"}
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "history.jsonl").write_bytes((tmp_path / "study/history.jsonl").read_bytes() + b"{}\n")
    with pytest.raises(FileError) as error:
        whole_history(broken)
    assert [p.code for p in error.value.problems] == ["inventory.history"]
    assert len(read_follow_up(tmp_path / "study").events) == 5
    again = new_park("again", "", tmp_path / "study")
    assert files_of(again) == files_of(full)


def test_a_document_whose_file_is_gone_is_told(full, tmp_path):
    lost = Document.objects.filter(park=full).first()
    (documents.folder() / lost.stored).unlink()
    (problem,) = export_documents(full, tmp_path)
    assert (problem.code, problem.severity) == ("workbench.document_lost", "warning")
    assert lost.name in problem.text("en")
    assert lost.name in problem.text("zh")
    export_whole(full, tmp_path / "study")
    park = Park.objects.create(slug="b", name="B")
    with pytest.raises(FileError) as error:
        import_study(park, tmp_path / "study", Origin(None, "t"))
    assert [(p.code, p.where.cell) for p in error.value.problems] == [("workbench.document_missing", "A2")]


def test_links_among_the_documents_are_not_followed(full, tmp_path):
    export_whole(full, tmp_path / "study")
    secret = tmp_path / "secret.pdf"
    secret.write_bytes((tmp_path / "study/follow-up/documents/0001.pdf").read_bytes())
    (tmp_path / "study/follow-up/documents/0001.pdf").unlink()
    (tmp_path / "study/follow-up/documents/0001.pdf").symlink_to(secret)
    with pytest.raises(FileError) as error:
        import_study(Park.objects.create(slug="b", name="B"), tmp_path / "study", Origin(None, "t"))
    assert [p.code for p in error.value.problems] == ["workbench.document_missing"]


def test_boards_look_the_same(full, elsewhere, world):
    assert elsewhere[2](files_of(full))[0] == "done"
    there = cards(scope_of(User.objects.get(email="li@example.org"), "empty"))
    here = cards(scope_of(world.people["facilitator"], "one"))
    assert [(c.name("zh"), c.state, c.donor and c.donor.code) for c in here] == [
        (c.name("zh"), c.state, c.donor and c.donor.code) for c in there
    ]


@pytest.mark.parametrize("name", [
    "inventory", "inventory/flows.csv", "follow-up", "follow-up/terms.csv", "study.toml", "notes/a.csv", "x" * 300 + ".csv", "../c.csv", "/c.csv",
])  # fmt: skip
def test_costs_stay_where_they_can_stand(full, elsewhere, name):
    park, client, send = elsewhere
    files = files_of(full)
    files["notes"] = b"a file"
    toml = files["study.toml"].decode()
    assert "[design]" in toml
    files["study.toml"] = toml.replace("[design]", f'[design]\ncosts = "{name}"').encode()
    assert send(files) == ("done", [])
    out = files_of(park)
    assert out["costs.csv"] == files["costs.csv"]
    assert out["study.toml"] == files["study.toml"]
    assert client.post("/p/empty/costs/new", {**COST, "key": "slag.steel"}).status_code in (302, 422)
    assert set(files_of(park)) >= set(files)


def test_a_study_whose_settings_nest_without_end_comes_in_and_goes_out(full, elsewhere):
    park, client, send = elsewhere
    files = files_of(full)
    files["study.toml"] = b"a = " + b"[" * 20_000
    assert send(files) == ("done", [])
    assert files_of(park)["study.toml"] == files["study.toml"]
    for path in ("settings/", "costs/", "follow/", "reports/follow-up"):
        assert client.get(f"/p/empty/{path}").status_code in (200, 422), path
