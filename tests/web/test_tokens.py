"""Programs that log in without a browser: the token is its person and nobody else, the second factor is asked for."""

import io
import json
import os
import re
import subprocess
import sys
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.response import addinfourl

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from lichen.web import tokens
from lichen.web.models import Audit, FlowRow, Membership, User
from workbench import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN, CODE, SESSION = "/api/v1/auth/login", "/api/v1/auth/2fa/authenticate", "/api/v1/auth/session"


@pytest.fixture
def guarded(steel):
    """Return an account with a second factor."""
    TOTP.activate(steel, SECRET)
    return steel


def program(**more):
    """Return what a program is to the server: no cookie is kept, CSRF is looked at."""
    return Client(enforce_csrf_checks=True, **more)


def post(path, body, token=""):
    headers = {"X-Session-Token": token} if token else {}
    return program().post(path, json.dumps(body), "application/json", headers=headers)


def log_in(user, password=PASSWORD, token=""):
    return post(LOGIN, {"email": user.email, "password": password}, token)


def token_of(user):
    answer = log_in(user)
    assert answer.status_code == 200, answer.content
    return answer.json()["meta"]["session_token"]


def get(path, token):
    return program().get(f"/api/v1{path}", headers={"X-Session-Token": token})


def code_of(step=0):
    return format_hotp_value(hotp_value(SECRET, list(yield_hotp_counters_from_time())[step]))


def test_a_program_logs_in_reads_and_writes_without_a_cookie(world, steel):
    answer = log_in(steel)
    assert answer.json()["data"]["user"]["email"] == steel.email
    assert not answer.cookies
    token = answer.json()["meta"]["session_token"]
    assert get("/account", token).json()["roles"] == [
        {"park": "one", "role": "firm", "firm": world.firms["steel"].pk, "firm_code": "steel"}
    ]
    row = world.flow(world.firms["steel"], role="fuel")
    path = f"/api/v1/parks/one/firms/{row.firm_id}/flows/{row.pk}"
    body = json.dumps({"values": row.values | {"quantity": 455.5}})
    headers = {"X-Session-Token": token, "If-Match": '"1"'}
    done = program().put(path, body, "application/json", headers=headers)
    assert done.status_code == 200, done.content
    assert not done.cookies
    assert FlowRow.objects.get(pk=row.pk).values["quantity"] == 455.5
    assert Audit.objects.filter(action="logged in", by=steel, park=world.one).count() == 1


def test_a_token_sees_what_its_person_sees(world, steel):
    token = token_of(steel)
    assert get("/parks/one/flows", token).json()["count"] == 7
    for path in (f"/parks/one/firms/{world.firms['cement'].pk}", "/parks/two/flows", "/parks/one/members"):
        assert get(path, token).status_code == 404
    Membership.objects.filter(user=steel).delete()
    assert get("/parks/one/flows", token).status_code == 404


def test_a_cookie_still_needs_a_csrf_token(world, steel):
    client = world.client("steel", enforce_csrf_checks=True)
    assert client.get("/api/v1/parks").status_code == 200
    answer = client.post("/api/v1/parks/one/firms", {"values": {}}, "application/json")
    assert answer.status_code == 404  # a firm's account makes no firms
    path = f"/api/v1/parks/one/firms/{world.firms['steel'].pk}/processes"
    assert client.post(path, {"values": {}}, "application/json").status_code == 403


@pytest.mark.parametrize("token", ["x" * 32, "0", "é" * 32, "a\0b", "a b", "x" * 5000, "'; --", "٣" * 32])
def test_a_wrong_token_is_nobody_even_beside_a_good_cookie(world, token):
    client = world.client("facilitator", enforce_csrf_checks=True)
    client.raise_request_exception = True
    for path in ("parks", "parks/one", "auth/session"):
        answer = client.get(f"/api/v1/{path}", HTTP_X_SESSION_TOKEN=token)
        assert answer.status_code in (401, 410), (path, answer.status_code)
    answer = client.post("/api/v1/parks/one/firms", {"values": {}}, "application/json", HTTP_X_SESSION_TOKEN=token)
    assert answer.status_code == 401


def test_an_empty_token_is_none_and_the_cookie_needs_csrf(world):
    client = world.client("facilitator", enforce_csrf_checks=True)
    assert client.get("/api/v1/parks", HTTP_X_SESSION_TOKEN="").status_code == 200
    answer = client.post("/api/v1/parks/one/firms", {"values": {}}, "application/json", HTTP_X_SESSION_TOKEN="")
    assert answer.status_code == 403


def test_a_token_goes_before_the_cookie_of_another(world, steel):
    """No request is half one person's and half another's: what the token may not, a cookie beside it does not add."""
    token, client = token_of(steel), world.client("facilitator", enforce_csrf_checks=True)
    assert client.get("/api/v1/account", HTTP_X_SESSION_TOKEN=token).json()["email"] == steel.email
    values = {"values": {"id": "mill", "name": "Mill", "industry": "2221"}}
    answer = client.post("/api/v1/parks/one/firms", values, "application/json", HTTP_X_SESSION_TOKEN=token)
    assert answer.status_code == 404


def test_a_token_opens_no_page(steel):
    token = token_of(steel)
    answer = program().get("/p/one/", headers={"X-Session-Token": token})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_answers_to_a_token_are_kept_nowhere(steel):
    assert "no-store" in get("/parks", token_of(steel))["Cache-Control"]


def test_wrong_passwords_are_counted_and_stopped(world, steel):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = log_in(steel, "wrong wrong")
    assert answer.status_code == 429
    assert "hour" in answer.json()["detail"]
    assert log_in(steel).status_code == 429
    page = Client().post("/account/login/", {"login": steel.email, "password": PASSWORD})
    assert page.status_code == 429  # the page counts with the API
    assert "text/html" in page["Content-Type"]
    assert Audit.objects.filter(action="log-in failed", park=world.one).exists()


def test_the_page_and_the_api_count_together(steel):
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        Client().post("/account/login/", {"login": steel.email, "password": "wrong wrong"})
    assert log_in(steel, "wrong wrong").status_code == 429


def test_many_log_ins_of_one_address_are_slowed(steel):
    answers = [log_in(User(email=f"{n}@example.org"), "wrong wrong").status_code for n in range(31)]
    assert set(answers[:30]) == {400}
    assert answers[30] == 429


def test_unknown_and_known_addresses_are_answered_alike(steel):
    known, unknown = log_in(steel, "wrong wrong"), log_in(User(email="unheard@example.org"), "wrong wrong")
    assert known.status_code == unknown.status_code == 400
    assert known.json() == unknown.json()


@pytest.mark.parametrize("body", [
    {}, {"email": "a@example.org"}, {"email": "steel@example.org", "password": ""}, {"email": 1, "password": []},
    {"username": "steel@example.org", "password": PASSWORD}, {"phone": "+4912345678", "password": PASSWORD},
    {"email": "steel@example.org", "password": PASSWORD, "username": "x"}, {"email": "a\0b@example.org", "password": "x"},
    {"email": "steel@example.org", "password": "\0"},
])  # fmt: skip
def test_what_is_no_log_in_is_refused(steel, body):
    assert post(LOGIN, body).status_code in (400, 422)
    assert not Session.objects.exists()


def test_the_second_factor_cannot_be_left_out(guarded):
    answer = log_in(guarded)
    assert answer.status_code == 401
    assert {"id": "mfa_authenticate", "is_pending": True, "types": ["totp"]} in answer.json()["data"]["flows"]
    token = answer.json()["meta"]["session_token"]
    for path in ("/parks", "/account", "/parks/one/flows"):
        assert get(path, token).status_code == 401
    assert get("/auth/session", token).status_code == 401
    assert post(CODE, {"code": "000000"}, token).status_code == 400
    assert get("/parks", token).status_code == 401
    cookie = Client()
    cookie.cookies[settings.SESSION_COOKIE_NAME] = token  # nor does it count as a browser's
    assert cookie.get("/p/one/").status_code == 302
    assert cookie.get("/api/v1/parks").status_code == 401


def test_a_code_finishes_the_log_in(guarded):
    begun = log_in(guarded).json()["meta"]["session_token"]
    done = post(CODE, {"code": code_of()}, begun)
    assert done.status_code == 200, done.content
    token = done.json()["meta"]["session_token"]
    assert token != begun
    assert get("/parks", token).status_code == 200
    assert get("/parks", begun).status_code == 401
    again = log_in(guarded).json()["meta"]["session_token"]
    assert post(CODE, {"code": code_of()}, again).status_code == 400  # each code counts once


def test_every_process_knows_which_codes_were_used(guarded):
    """Several processes answer: a code that one of them took counts in none."""
    code = code_of()
    token = log_in(guarded).json()["meta"]["session_token"]
    assert post(CODE, {"code": code}, token).status_code == 200
    asked = (
        "import django; django.setup()\n"
        "from allauth.mfa.models import Authenticator\n"
        "from allauth.mfa.totp.internal.auth import TOTP\n"
        f"one = TOTP(Authenticator(user_id={guarded.pk}, type='totp'))\n"
        f"print(one._mark_code_used({code!r}), one._mark_code_used('another'))\n"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "lichen.web.settings", "LICHEN_DATABASE_URL": ""}
    said = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True"]
    folder = settings.DATA / "codes"
    assert list(folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_a_code_without_a_password_is_nothing(guarded):
    assert post(CODE, {"code": code_of()}).status_code == 401
    assert post(CODE, {"code": code_of()}, "x" * 32).status_code == 410
    assert not Session.objects.exists()


def test_wrong_codes_are_counted_and_stopped(world, guarded):
    """Ten wrong codes, by page and API together: then no code counts, and no password."""
    token = log_in(guarded).json()["meta"]["session_token"]
    page = Client()
    page.post("/account/login/", {"login": guarded.email, "password": PASSWORD})
    for n in range(5):
        assert page.post("/account/2fa/authenticate/", {"code": f"00000{n}"}).status_code == 200
        assert post(CODE, {"code": f"00000{n}"}, token).status_code in (400, 429)
    assert post(CODE, {"code": code_of()}, token).status_code in (400, 429)
    page.post("/account/2fa/authenticate/", {"code": code_of()})
    assert page.get("/p/one/").status_code == 302
    assert get("/parks", token).status_code == 401
    assert Audit.objects.filter(action="log-in failed", park=world.one, about=guarded.email).count() >= 10
    cache.clear()  # where the files of the count are gone, the database still counts
    assert log_in(guarded).status_code == 429


def test_codes_for_recovery_count_once(guarded):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    code = RecoveryCodes.activate(guarded).get_unused_codes()[0]
    first, second = (log_in(guarded).json()["meta"]["session_token"] for _ in range(2))
    assert post(CODE, {"code": code}, first).status_code == 200
    assert post(CODE, {"code": code}, second).status_code == 400
    assert Authenticator.objects.filter(user=guarded).count() == 2


def test_a_token_ends_with_its_session(steel):
    out, changed, old, gone = (token_of(steel) for _ in range(4))
    answer = program().delete(SESSION, headers={"X-Session-Token": out})
    assert answer.status_code == 401
    assert get("/parks", out).status_code == 401
    assert get("/parks", changed).status_code == 200
    Session.objects.filter(pk=old).update(expire_date=timezone.now() - timezone.timedelta(seconds=1))
    assert get("/parks", old).status_code == 401
    left = Session.objects.get(pk=gone).expire_date - timezone.now()
    assert left.total_seconds() <= settings.SESSION_COOKIE_AGE
    steel.set_password("another good password")
    steel.save()
    assert get("/parks", changed).status_code == 401
    User.objects.filter(pk=steel.pk).update(is_active=False)
    assert log_in(steel, "another good password").status_code in (400, 401)


def test_a_person_who_is_no_longer_active_is_nobody(steel):
    token = token_of(steel)
    User.objects.filter(pk=steel.pk).update(is_active=False)
    assert get("/parks", token).status_code == 401


def test_a_token_logs_nobody_else_in(world, steel):
    token = token_of(steel)
    other = world.people["cement"]
    other.set_password(PASSWORD)
    other.save()
    assert log_in(other, token=token).status_code == 409
    assert get("/account", token).json()["email"] == steel.email


CLOSED = (
    "auth/signup", "auth/provider/signup", "auth/provider/redirect", "auth/provider/token", "auth/password/request",
    "auth/password/reset", "auth/reauthenticate", "auth/code/request", "auth/code/confirm", "auth/email/verify",
    "auth/2fa/reauthenticate", "auth/2fa/trust", "account/password/change", "account/email", "account/authenticators",
    "account/authenticators/totp", "account/authenticators/recovery-codes", "config", "tokens/refresh",
)  # fmt: skip


def test_nothing_else_of_the_headless_client_is_there(steel):
    """Nobody signs up, and nothing of an account is changed, by a program."""
    token, body = token_of(steel), {"email": "new@example.org", "password": PASSWORD}
    for path in CLOSED:
        for place in ("/api/v1/", "/_allauth/app/v1/", "/_allauth/browser/v1/"):
            for headers in ({}, {"X-Session-Token": token}):
                assert program().get(place + path, headers=headers).status_code == 404, path
                assert program().post(place + path, body, "application/json", headers=headers).status_code == 404, path
    assert not User.objects.filter(email="new@example.org").exists()


def test_where_a_token_counts():
    from django.urls import reverse

    assert reverse("api:parks").startswith(tokens.PLACE)


def opened(request):
    """Answer as ``urlopen`` would, by the application itself."""
    headers = {name: value for name, value in request.header_items() if name != "Content-type"}
    path = request.full_url.removeprefix("http://testserver")
    answer = program().generic(request.get_method(), path, request.data or b"", "application/json", headers=headers)
    body = io.BytesIO(answer.content)
    if answer.status_code >= 400:
        raise HTTPError(request.full_url, answer.status_code, "", Message(), body)
    return addinfourl(body, Message(), request.full_url, answer.status_code)


@pytest.mark.parametrize("page", ["api.md", "api.zh.md"])
@pytest.mark.parametrize("second", [False, True])
def test_the_script_of_the_documentation_runs(world, steel, page, second, monkeypatch, capsys):
    if second:
        TOTP.activate(steel, SECRET)
        monkeypatch.setattr("builtins.input", lambda asked: code_of())
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    monkeypatch.setattr("urllib.request.urlopen", opened)
    for name, value in (("LICHEN", "http://testserver"), ("EMAIL", steel.email), ("PASSWORD", PASSWORD)):
        monkeypatch.setenv(name, value)
    exec(compile(re.search(r"```py\n(.*?)```", text, re.S)[1], page, "exec"), {"__name__": "script"})
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 7
    assert all(line.startswith("steel ") for line in told)
    assert not [s for s in Session.objects.all() if s.get_decoded().get("_auth_user_id")]
