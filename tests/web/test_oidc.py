"""Log-in by OpenID Connect at a provider of its own: only who was invited, only with an address that it verified."""

import re
import urllib.parse

import pytest

from provider import CLIENT, SECRET, provider
from served import Browser, Served, lichen


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a server that knows a provider, and the provider."""
    folder = tmp_path_factory.mktemp("oidc")
    with provider() as known, pytest.MonkeyPatch.context() as patch:
        named = folder / "oidc.toml"
        named.write_text(
            f'id = "works"\nname = "Works"\nclient_id = "{CLIENT}"\nsecret = "{SECRET}"\nserver_url = "{known.base}"\n'
        )
        patch.setenv("LICHEN_OIDC", str(named))
        with Served(folder / "data") as served:
            for command in (
                ("admin", "--email", "boss@example.org", "--name", "Boss"),
                ("member", "--park", "guiyang", "--email", "cement@example.org", "--role", "auditor"),
            ):
                done = lichen("web", *command, data=folder / "data")
                assert done.returncode == 0, done.stderr
            yield served, known


def log_in(served):
    """Press the provider's button; return status and page at the end of the way."""
    browser = Browser(served)
    _, page = browser.ask("/account/login/")
    action = re.search(r'action="(/account/oidc/works/login/[^"]*)"', page)
    assert action, "the page of the log-in has no button for the provider"
    form = {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]}
    return browser, browser.ask(action[1].replace("&amp;", "&"), urllib.parse.urlencode(form).encode())


@pytest.fixture
def person(installed):
    """Return the claims of the provider, which are as before afterwards."""
    _, known = installed
    before = dict(known.claims)
    yield known.claims
    known.claims.clear()
    known.claims.update(before)


def test_who_was_invited_comes_in(installed, person):
    served, known = installed
    browser, (status, page) = log_in(served)
    assert status == 200
    assert "cement@example.org" in page
    assert {"/authorization", "/token"} <= set(known.asked)
    assert browser.ask("/p/guiyang/audit/")[0] == 200
    assert log_in(served)[1][0] == 200  # and again


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "other", "email": "stranger@example.org"},
        {"sub": "thief", "email": "boss@example.org", "email_verified": False},
        {"sub": "nameless", "email": ""},
    ],
    ids=["not invited", "not verified", "no address"],
)
def test_nobody_else_comes_in(installed, person, claims):
    served, _ = installed
    person.update(claims)
    browser, (_, page) = log_in(served)
    assert 'class="who"' not in page
    assert browser.ask("/p/guiyang/")[0] in (200, 404)
    assert "log_out" not in page
    assert 'class="who"' not in browser.ask("/")[1]


def test_a_browser_may_follow_the_button_there(installed):
    """A page's policy must let its form lead to the provider, or browsers stop it."""
    served, known = installed
    import urllib.request

    with urllib.request.urlopen(f"{served.base}/account/login/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert f"form-action 'self' {known.base}" in policy


def test_a_state_of_somebody_else_is_refused(installed):
    served, _ = installed
    status, page = Browser(served).ask("/account/oidc/works/login/callback/?code=x&state=y")
    assert status < 500
    assert 'class="who"' not in page
