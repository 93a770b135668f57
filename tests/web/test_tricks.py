"""Tricks with headers, addresses and sessions: none of them opens what a role does not."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from lichen.web.models import User
from workbench import PASSWORD

SECRET = ("/p/one/audit/", "/p/two/flows/", "/p/one/study.zip")
HEADERS = (
    {"X-Original-URL": "/p/one/flows/"}, {"X-Rewrite-URL": "/p/one/flows/"}, {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "evil.example"}, {"X-HTTP-Method-Override": "GET"}, {"X-Forwarded-User": "facilitator@example.org"},
    {"Remote-User": "facilitator@example.org"}, {"Authorization": "Basic Ym9zczpib3Nz"}, {"X-Script-Name": "/p/one"},
    {"Referer": "http://testserver/p/one/audit/"}, {"Accept": "application/json"}, {"X-Requested-With": "XMLHttpRequest"},
)  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS, ids=[next(iter(h)) for h in HEADERS])
def test_headers_open_nothing(world, headers):
    client = world.client("steel")
    for path in SECRET:
        assert client.get(path, headers=headers).status_code == 404
    assert Client().get("/p/one/flows/", headers=headers).status_code == 302
    assert Client().get("/api/v1/parks/one/flows", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "127.0.0.1:80:80", ""]
)
def test_a_foreign_host_is_refused(world, host):
    answer = world.client("facilitator").get("/p/one/members/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


PATHS = (
    "/p/one/../two/flows/", "/p/one/%2e%2e/two/flows/", "//p/two/flows/", "/p/two/flows", "/p/TWO/flows/", "/p/two/flows/.json",
    "/p/two;/flows/", "/p/two%00/flows/", "/p/two%2fflows/", "/p/one/firms/0/", "/p/one/firms/-1/", "/p/one/firms/99999999999999999999/",
    "/p/one/firms/%D9%A1/", "/static/../settings.py", "/static/%2e%2e/%2e%2e/models.py", "/static/web/..%2f..%2fmodels.py",
    "/api/v1/parks/two/../one/flows", "/api/v1/parks/one/firms/1e1", "/p/one/surveys/00000000-0000-0000-0000-000000000000/",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_addresses_open_nothing(world, path):
    client = world.client("steel")
    answer = client.get(path)
    if answer.status_code == 301:  # a slash that was left out
        answer = client.get(answer["Location"])
    assert answer.status_code == 404
    assert "class " not in answer.content.decode(errors="replace").split("<body>")[0]


@pytest.mark.parametrize("query", ["q=%00", "q=%ff%fe", "page=%00", "page=-1", "page=1e9", "page=99999999999999999999", "year=%00", "year=99999999999",
                                   "order=firm__park__slug", "order=%00", "direction[]=in", "quality=%00", "role=" + "x" * 5000, "q=" + "%25" * 60])  # fmt: skip
def test_hostile_queries_are_no_failure(world, query):
    client = world.client("facilitator", raise_request_exception=False)
    for page in ("", "flows/", "firms/", "history/"):
        assert client.get(f"/p/one/{page}?{query}").status_code == (400 if "%00" in query else 200), page


def test_a_null_in_a_form_is_refused(world):
    client = world.client("administrator", raise_request_exception=False)
    form = {"email": "x@example.org", "name": "a\0b", "role": "auditor"}
    assert client.post("/p/one/members/", form).status_code == 400


def test_a_method_in_a_field_is_none(world):
    firm = world.firms["steel"]
    client = world.client("facilitator")
    answer = client.post(
        f"/api/v1/parks/one/firms/{firm.pk}", {"_method": "DELETE"}, headers={"X-HTTP-Method-Override": "DELETE"}
    )
    assert answer.status_code == 405
    firm.refresh_from_db()


def log_in(client, user):
    answer = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client.cookies["lichen_session"].value


def test_a_session_from_before_the_log_in_is_not_kept(steel):
    client = Client()
    session = client.session
    session["planted"] = "x"
    session.save()
    before = session.session_key
    client.cookies["lichen_session"] = before
    after = log_in(client, steel)
    assert after != before
    thief = Client()
    thief.cookies["lichen_session"] = before
    assert thief.get("/p/one/flows/").status_code == 302
    assert not Session.objects.filter(session_key=before).exists()


def test_an_invented_session_is_not_taken(steel):
    client = Client()
    client.cookies["lichen_session"] = "a" * 32
    assert log_in(client, steel) != "a" * 32
    assert not Session.objects.filter(session_key="a" * 32).exists()


def test_a_session_ends_with_the_log_out(steel):
    client = Client()
    key = log_in(client, steel)
    client.post("/account/logout/")
    thief = Client()
    thief.cookies["lichen_session"] = key
    assert thief.get("/p/one/flows/").status_code == 302


def test_a_new_password_ends_other_sessions(steel):
    mine, other = Client(), Client()
    log_in(mine, steel)
    log_in(other, steel)
    new = PASSWORD + " again"
    answer = mine.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert mine.get("/p/one/flows/").status_code == 200
    assert other.get("/p/one/flows/").status_code == 302


def test_who_is_no_longer_active_is_out_at_once(steel):
    client = Client()
    log_in(client, steel)
    User.objects.filter(pk=steel.pk).update(is_active=False)
    assert client.get("/p/one/flows/").status_code == 302
    assert client.get("/api/v1/parks/one/flows").status_code == 401


def test_a_role_that_is_taken_is_gone_with_the_next_request(world):
    client = world.client("steel")
    assert client.get("/p/one/flows/").status_code == 200
    world.people["steel"].memberships.all().delete()
    assert client.get("/p/one/flows/").status_code == 404


@pytest.mark.parametrize(
    "next_",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\thttps://evil.example"],
)
def test_nobody_is_led_elsewhere(steel, next_):
    client = Client()
    answer = client.post("/account/login/", {"login": steel.email, "password": PASSWORD, "next": next_})
    assert "evil" not in answer.get("Location", "")
    assert "javascript" not in answer.get("Location", "")
    answer = client.post("/language", {"language": "en", "next": next_})
    assert "evil" not in answer.get("Location", "")
    assert "javascript" not in answer.get("Location", "")
