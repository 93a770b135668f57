"""The API about board, registers and released tables: the same rules as the pages."""

import io
import json

import hypothesis.strategies as st
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from lichen.web.followed_models import Document, Exchange, FollowRow, LogRow
from lichen.web.models import Audit, Change

BASE = "/api/v1/parks/one"
MEASURE = {"firm": "steel", "measure": "pump", "category": "pumps", "state": "idea", "kind": "reported", "source": "audit",
           "investment": 12.5, "investment unit": "万元"}  # fmt: skip


def send(client, method, path, body=None, version=None):
    more = {"headers": {"If-Match": f'"{version}"'}} if version is not None else {}
    if body is not None:
        more |= {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(client, method)(f"{BASE}{path}", **more)


@pytest.fixture
def slag(world):
    answer = send(world.client("facilitator"), "post", "/board", {
        "title": "Slag", "donor": "steel", "receiver": "cement", "origin": "design 1", "key": "steel-cement", "date": "2026-01"})  # fmt: skip
    assert answer.status_code == 201
    return answer.json()


def test_an_exchange_and_its_events(world, slag):
    facilitator, steel = world.client("facilitator"), world.client("steel")
    assert slag["state"] == "idea"
    path = f"/board/{slag['id']}"
    event = {
        "values": {"date": "2026-02", "state": "contact", "note": "secret", "next_step": "visit", "due": "2026-03"}
    }
    assert send(facilitator, "post", f"{path}/events", event).json()["next_step"] == "visit"
    seen = send(steel, "get", path).json()
    assert (seen["state"], seen["key"], seen["receiver"], seen["next_step"]) == ("contact", "", "", "")
    assert "secret" not in str(seen)
    assert send(steel, "get", "/board").json()["count"] == 1
    wrong = send(facilitator, "post", f"{path}/events", {"values": {"date": "2026-04", "state": "stopped"}})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["field"] == "state"
    assert send(steel, "post", f"{path}/events", {"values": {"date": "2026-04", "state": "agreed"}}).status_code == 422
    assert send(facilitator, "post", f"{path}/events", {"values": {"nonsense": 1}}).status_code == 422
    assert LogRow.objects.count() == 2


def test_the_same_proposal_twice_is_one_exchange(world, slag):
    again = send(
        world.client("facilitator"), "post", "/board", {"title": "x", "key": "steel-cement", "origin": "design 1"}
    )
    assert again.json()["id"] == slag["id"]
    other = send(
        world.client("facilitator"), "post", "/board", {"title": "x", "key": "steel-cement", "origin": "design 2"}
    )
    assert other.status_code == 422
    assert send(world.client("facilitator"), "post", "/board", {"title": "x", "donor": "nobody"}).status_code == 422
    assert Exchange.objects.count() == 1


def test_rows_of_a_register_with_versions(world):
    client = world.client("facilitator")
    made = send(client, "post", "/register?of=measure", {"values": MEASURE})
    assert made.status_code == 201
    path = f"/register/{made.json()['id']}"
    assert made["ETag"] == '"1"'
    assert send(client, "put", path, {"values": MEASURE | {"state": "agreed"}}).status_code == 428
    assert send(client, "put", path, {"values": MEASURE | {"state": "agreed"}}, 1).json()["version"] == 2
    assert send(client, "put", path, {"values": MEASURE}, 1).status_code == 409
    assert send(client, "put", path, {"values": {"firm": "steel"}}, 2).status_code == 422
    assert send(client, "get", "/register?of=measure").json()["rows"][0]["values"]["state"] == "agreed"
    assert send(client, "delete", path).status_code == 428
    assert send(client, "delete", path, version=1).status_code == 409
    assert send(client, "delete", path, version=2).status_code == 204
    told = Change.objects.filter(entity="measure").order_by("id")
    assert {c.file for c in told} == {"API"}
    assert list(dict.fromkeys(c.what for c in told)) == ["new", "changed", "gone"]
    assert send(client, "get", "/register?of=event").status_code == 422


def test_a_firm_reads_and_writes_its_own(world, slag):
    steel = world.client("steel")
    assert send(steel, "post", "/register?of=measure", {"values": MEASURE}).status_code == 201
    assert send(steel, "post", "/register?of=measure", {"values": MEASURE | {"firm": "cement"}}).status_code == 422
    assert send(steel, "post", "/register?of=planned", {"values": {}}).status_code == 404
    plan = {
        "exchange": "steel-cement",
        "year": 2026,
        "quantity": 5,
        "quantity unit": "t/a",
        "kind": "reported",
        "source": "s",
    }
    assert send(world.client("facilitator"), "post", "/register?of=planned", {"values": plan}).status_code == 201
    seen = send(steel, "get", "/register?of=planned").json()
    assert seen["count"] == 1
    assert "cement" not in str(seen)
    assert FollowRow.objects.count() == 2


def test_released_tables(world):
    year = world.flow(world.firms["steel"]).year
    world.client("administrator").post("/p/one/released/make", {"figure": "co2", "year": year})
    for person in ("steel", "auditor"):
        found = send(world.client(person), "get", "/released").json()
        assert found["rows"][0]["figure"] == "co2"
        assert "contributions" not in str(found)
        assert all(c["value"] is None for c in found["rows"][0]["cells"] if c["state"] == "withheld")


TEXTS = st.one_of(
    st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.none(),
    st.sampled_from(["", "t/a", "2012", "=1+1", "\0", "\ud800", "steel", "钢渣", "1e400", "١٢", "2012-02-30", "x" * 600, "implemented"]),
)  # fmt: skip
EVENT = {"date": "2026-02", "state": "contact", "next_step": "visit", "due": "2026-03"}
PLAN = {
    "exchange": "steel-cement",
    "year": 2026,
    "quantity": 5,
    "quantity unit": "t/a",
    "kind": "reported",
    "source": "s",
}
TARGET = {"indicator": "a b", "year": 2026, "direction": "at least", "target": 5, "unit": "%", "source": "s"}
MILESTONE = {"milestone": "kick-off", "due": "2026"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_sent_never_fails(world, slag, data):
    client = world.client("facilitator", raise_request_exception=True)
    path, base = data.draw(st.sampled_from([
        (f"/board/{slag['id']}/events", EVENT), ("/register?of=planned", PLAN), ("/register?of=measure", MEASURE),
        ("/register?of=target", TARGET), ("/register?of=milestone", MILESTONE),
        ("/board", {"title": "a", "key": "b", "origin": "c", "date": "2026", "title_zh": "d"})]))  # fmt: skip
    values = base | data.draw(
        st.dictionaries(st.sampled_from([*base, "note", "low", "high", "told", "question"]), TEXTS, max_size=4)
    )
    with transaction.atomic():
        answer = send(client, "post", path, values if path == "/board" else {"values": values})
        assert answer.status_code in (201, 422), answer.content
        for page in ("board/", "follow/", "reports/follow-up"):
            assert client.get(f"/p/one/{page}").status_code == 200
        transaction.set_rollback(True)


def test_an_exchange_is_changed_by_who_saw_it(world, slag):
    client, path = world.client("facilitator"), f"/board/{slag['id']}"
    assert (slag["version"], send(client, "get", path)["ETag"]) == (1, '"1"')
    body = {
        "title": "Slag 2",
        "title_zh": "渣",
        "donor": "steel",
        "receiver": "cement",
        "origin": "design 1",
        "named": True,
    }
    assert send(client, "put", path, body).status_code == 428
    done = send(client, "put", path, body, 1)
    assert done.status_code == 200, done.content
    assert (done["ETag"], done.json()["title"], done.json()["named"]) == ('"2"', "Slag 2", True)
    assert send(client, "put", path, body, 1).status_code == 409
    assert send(client, "put", path, {**body, "title": ""}, 2).status_code == 422
    assert send(client, "put", path, {**body, "donor": "cement"}, 2).status_code == 422
    assert send(client, "put", path, {**body, "donor": "mill"}, 2).status_code == 422
    assert (
        Audit.objects.filter(action="exchange changed").get().about
        == "steel-cement: Slag 2; steel → cement; named: yes"
    )
    steel = send(world.client("steel"), "get", path)
    assert "ETag" not in steel
    assert (steel.json()["key"], steel.json()["origin"], steel.json()["version"]) == ("", "", 0)
    assert send(world.client("steel"), "put", path, body, 2).status_code == 404
    assert send(world.client("stranger"), "get", path).status_code == 404


def test_exchanges_that_fit(world, slag):
    client = world.client("facilitator")
    for query, count in (
        ("q=slag", 1),
        ("q=nothing", 0),
        ("state=idea", 1),
        ("state=agreed", 0),
        ("late=true", 0),
        ("owner=x", 0),
    ):
        assert send(client, "get", f"/board?{query}").json()["count"] == count, query
    assert send(client, "get", "/board?state=nonsense").status_code == 422


def test_words_that_a_firm_looks_for_do_not_tell_of_the_partner(world, slag):
    """The exchange's name in the log is ``steel-cement``: neither page nor API says to the steelworks that it fits."""
    steel = world.client("steel")
    assert send(steel, "get", "/board?q=cement").json()["count"] == 0
    assert send(world.client("facilitator"), "get", "/board?q=cement").json()["count"] == 1
    assert "Slag" not in steel.get("/p/one/board/?q=cement").content.decode().split("<main")[1]
    planned = {
        "exchange": "steel-cement",
        "year": 2026,
        "quantity": 5,
        "quantity unit": "t/a",
        "kind": "reported",
        "source": "s",
    }
    assert send(world.client("facilitator"), "post", "/register?of=planned", {"values": planned}).status_code == 201
    assert "steel-cement" not in str(send(steel, "get", "/register?of=planned").json())
    assert "2026" in str(send(steel, "get", "/register?of=planned").json())
    for path in ("/api/v1/parks/one/register/workbook?of=planned", "/p/one/follow/register.xlsx?of=planned"):
        told = str(book(steel.get(path).content))
        assert "steel-cement" not in told
        assert "2026" in told
        assert "steel-cement" in str(book(world.client("facilitator").get(path).content))
    page = steel.get("/p/one/follow/register?of=planned&q=cement").content.decode()
    assert "2026" not in page.split("<tbody")[-1]


def book(content):
    """Return every cell of a workbook."""
    from python_calamine import CalamineWorkbook

    found = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [row for name in found.sheet_names for row in found.get_sheet_by_name(name).to_python()]


def put_file(client, path, name, content, **more):
    return client.post(f"{BASE}{path}", {"file": SimpleUploadedFile(name, content), **more})


def test_documents_are_kept_read_and_removed(world, slag):
    facilitator, steel, cement = (world.client(n) for n in ("facilitator", "steel", "cement"))
    path = f"/board/{slag['id']}/documents"
    made = put_file(steel, path, "../minutes.txt", b"hello")
    assert made.status_code == 201, made.content
    one = made.json()
    assert (one["name"], one["size"], one["shared"], one["mine"]) == ("minutes.txt", 5, False, True)
    answer = steel.get(f"{BASE}{path}/{one['id']}")
    assert answer.content == b"hello"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert send(cement, "get", path).json()["count"] == 0
    for client, method in ((cement, "get"), (cement, "delete"), (world.client("stranger"), "get")):
        assert send(client, method, f"{path}/{one['id']}").status_code == 404
    shared = put_file(facilitator, path, "plan.pdf", b"%PDF-1.4", shared="true").json()
    assert [(d["name"], d["mine"]) for d in send(cement, "get", path).json()["rows"]] == [("plan.pdf", False)]
    assert send(cement, "delete", f"{path}/{shared['id']}").status_code == 404
    assert send(steel, "delete", f"{path}/{one['id']}").status_code == 204
    assert send(steel, "get", f"{path}/{one['id']}").status_code == 404
    actions = Audit.objects.filter(action__startswith="document").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["document added", "document read", "document added", "document removed"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.exe", b"MZ"), ("a.pdf", b"no"), ("a.txt", b""), ("", b"x"), ("a.html", b"<p>")]
)
def test_documents_that_are_not_taken(world, slag, name, content):
    answer = put_file(world.client("facilitator"), f"/board/{slag['id']}/documents", name or "x", content)
    assert answer.status_code == 422
    assert not Document.objects.exists()


TABLE = "firm,measure,category,state,kind,source\nsteel,fan,pumps,idea,reported,audit\n"


def test_a_table_of_a_register_is_checked_then_taken(world):
    client, path = world.client("facilitator"), "/register/table?of=measure"
    looked = put_file(client, path, "m.csv", TABLE.encode())
    assert looked.status_code == 200, looked.content
    assert looked.json() == {"rows": 1, "ok": True, "taken": False, "changed": 0, "gone": 0, "problems": []}
    assert not FollowRow.objects.exists()
    wrong = put_file(client, path, "m.csv", TABLE.replace("idea", "maybe").encode(), take="true").json()
    assert (wrong["ok"], wrong["taken"]) == (False, False)
    assert wrong["problems"][0]["place"]
    assert put_file(client, path, "m.csv", TABLE.encode(), take="true").json()["changed"] == 1
    other = TABLE.replace("fan", "pump").encode()
    done = put_file(client, path, "m.csv", other, take="true", replace="true").json()
    assert (done["changed"], done["gone"]) == (1, 1)
    told = Change.objects.filter(entity="measure")
    assert {c.file for c in told} == {"m.csv"}
    assert len({(c.row_id, c.what) for c in told}) == 3
    assert Audit.objects.filter(action="register taken over").count() == 2


def test_a_firm_takes_its_own_rows_of_measures_alone(world):
    steel = world.client("steel")
    assert put_file(steel, "/register/table?of=measure", "m.csv", TABLE.encode(), take="true").json()["taken"] is True
    foreign = put_file(
        steel, "/register/table?of=measure", "m.csv", TABLE.replace("steel,", "cement,").encode(), take="true"
    )
    assert (foreign.json()["ok"], foreign.json()["taken"]) == (False, False)
    assert put_file(steel, "/register/table?of=planned", "p.csv", b"x", take="true").status_code == 404
    assert put_file(world.client("auditor"), "/register/table?of=measure", "m.csv", TABLE.encode()).status_code == 404
    assert FollowRow.objects.get().about == "steel"


def test_where_things_stand(world, slag):
    client = world.client("facilitator")
    planned = {
        "exchange": "steel-cement",
        "year": 2025,
        "quantity": 10,
        "quantity unit": "t/a",
        "kind": "reported",
        "source": "s",
    }
    send(client, "post", "/register?of=planned", {"values": planned})
    send(client, "post", "/register?of=actual", {"values": {**planned, "quantity": 8}})
    told = send(client, "get", "/follow?year=2025").json()
    assert (told["year"], len(told["standings"])) == (2025, 1)
    line = told["lines"][0]
    assert (line["planned"], line["actual"], line["share"]) == ("10", "8", "80\xa0%")
    own = send(world.client("steel"), "get", "/follow?year=2025").json()
    assert own["lines"][0]["actual"] == "8"
    assert "steel-cement" not in str(own)
    assert send(world.client("shop"), "get", "/follow").status_code == 401
    assert send(world.client("auditor"), "get", "/follow").status_code == 404
