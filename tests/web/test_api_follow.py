"""The API about board, registers and released tables: the same rules as the pages."""

import json

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from lichen.web.followed_models import Exchange, FollowRow, LogRow
from lichen.web.models import Change

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
