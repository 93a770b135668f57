"""Every page that links lead to: nothing breaks WCAG 2.2 AA, nothing is complained of, nothing asked elsewhere."""

import pytest
from django.urls import URLPattern

from browsing import PHONE
from lichen.web import urls
from lichen.web.middleware import rules_of
from served import PASSWORD

pytestmark = pytest.mark.xdist_group("every page")  # they share one used park
ASIDE = {
    "health": "no page: for who watches the server",
    "set_language": "a button",
    "member_link": "a button",
    "survey_template": "a form with the industry to choose",
}
"""Own routes that no link leads to."""
VISITORS = ("/account/login/", "/account/password/reset/", "/no-such-page/", "/p/guiyang/")


def wanted():
    """Return the routes of the workbench itself that answer GET."""
    own = [p for p in urls.urlpatterns if isinstance(p, URLPattern) and p.name not in ASIDE]
    return {p.name for p in own if rules_of(p.callback, p.name).get("GET")}


@pytest.mark.parametrize(("lang", "size"), [("en", None), ("zh", PHONE)], ids=["english", "chinese phone"])
def test_every_page_of_a_facilitator_and_administrator(lang, size, visit, used):
    window = visit(lang=lang, **({"size": size} if size else {})).log_in("boss@example.org", PASSWORD)
    faults, seen = [], set()
    for name, address in window.every_page(*used, "/", "/account/2fa/", "/p/guiyang/study/"):
        seen.add(name)
        if address:
            faults += window.faults()
            assert window.page.locator("h1").count() == 1, address
            assert window.page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[lang]
    assert faults == []
    assert wanted() - seen == set()


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_every_page_of_a_firm(size, visit, firm_person):
    window = visit(lang="zh", **({"size": size} if size else {})).log_in(firm_person, PASSWORD)
    faults, seen = [], set()
    for name, address in window.every_page("/"):
        seen.add(name)
        faults += window.faults() if address else []
    assert faults == []
    assert "flows" in seen
    assert not {"members", "audit", "study"} & seen


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_before_the_log_in(lang, visit):
    window = visit(lang=lang)
    for address in VISITORS:
        window.page.goto(address)
        assert window.faults() == []


def test_the_dark_is_as_readable(visit, used):
    window = visit(lang="en")
    window.page.emulate_media(color_scheme="dark")
    window.log_in("boss@example.org", PASSWORD)
    faults = []
    for _, address in window.every_page(*used, "/"):
        faults += window.faults() if address else []
    assert faults == []
