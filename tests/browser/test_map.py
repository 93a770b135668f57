"""Maps that one can move, look closer at, and ask: by mouse and by keyboard, without a tile, safe from names."""

import json
import re

import pytest

from browsing import Mouse
from journeys import designed, discovered
from served import PASSWORD

HOSTILE = "<img src=x onerror=alert(1)></script><b>Mine"
pytestmark = pytest.mark.xdist_group("map")


def view_of(page):
    """Return where the map's first firm is drawn, and how long its scale says that it is."""
    box = page.locator(".map path.firm").first.bounding_box()
    return round(box["x"]), round(box["y"]), page.locator(".map .leaflet-control-scale-line").inner_text()


@pytest.fixture
def hands(visit):
    return Mouse(visit(lang="en").log_in("boss@example.org", PASSWORD))


def test_a_map_of_the_park(hands):
    page = hands.page
    page.goto("/p/guiyang/")
    values = json.loads(page.locator("#map-values").text_content())
    assert page.locator(".map path.firm").count() == len(values["points"]) == 45
    # a way is its line and its arrowhead
    assert page.locator(".map path.leaflet-interactive").count() == 45 + len(values["lines"])
    assert page.locator(".map [marker-end]").count() == len(values["lines"]) > 20
    before = view_of(page)
    page.locator(".map").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    moved = view_of(page)
    assert moved[:2] != before[:2]
    assert moved[2] == before[2]
    page.keyboard.press("+")
    page.wait_for_timeout(600)
    assert view_of(page)[2] != before[2]


def test_a_firm_shows_its_own_ways_and_leads_to_its_opportunities(hands):
    page = hands.page
    discovered(hands, "guiyang")
    drawn = page.locator(".map [marker-end]").count()
    assert drawn == 60
    firm = page.locator(".map path.firm").first
    firm.hover(force=True)
    assert 0 < page.locator(".map [marker-end]:not(.faded)").count() < drawn
    firm.click(force=True)
    popup = page.locator(".map .leaflet-popup-content")
    name = popup.locator("strong").inner_text()
    with page.expect_navigation():
        popup.get_by_role("link", name=hands.visit.words("map_as_donor")).click()
    assert page.locator("#donor option:checked").inner_text() == name
    values = json.loads(page.locator("#map-values").text_content())
    code = page.locator("#donor").input_value()
    assert {line["from"] for line in values["lines"]} == {code}
    listed = page.locator("table.dense").first.locator("tbody td:nth-child(3)")
    assert set(listed.all_inner_texts()) == {name}
    # a line leads to one of them
    page.locator(".map path.leaflet-interactive:not(.firm)").first.dispatch_event("click")
    with page.expect_navigation():
        page.locator(".map .leaflet-popup-content li a").first.click()
    assert re.search(r"/opportunities/[0-9a-f-]{36}/$", page.url)


def test_the_network_of_a_design(hands):
    page = hands.page
    designed(hands, "guiyang", "On the map")
    values = json.loads(page.locator("#map-values").text_content())
    assert page.locator(".map [marker-end]").count() == len(values["lines"]) > 5
    page.locator(".map path.leaflet-interactive:not(.firm)").first.dispatch_event("click")
    assert page.locator(".map .leaflet-popup-content li").first.inner_text() == values["lines"][0]["items"][0][0]


def test_a_name_is_text_on_a_map(hands):
    page = hands.page
    page.goto("/p/guiyang/firms/new")
    for field, text in (("id", "mine"), ("name", HOSTILE), ("industry", "3011"), ("latitude", "26.6"), ("longitude", "106.7"),
                        ("datum", "WGS84")):  # fmt: skip
        (hands.choose if field == "datum" else hands.fill)(field, text)
    hands.press(hands.visit.words("save"))
    page.goto("/p/guiyang/")
    assert HOSTILE in page.locator(".map .name").all_text_contents()
    assert page.locator(".map img").count() == 0
    page.locator(".map path.firm.idle").last.click(force=True)
    assert page.locator(".map .leaflet-popup-content").count() == 1


def test_without_scripts_the_report_draws_it(browser, served):
    window = browser.new_context(java_script_enabled=False, base_url=served.base)
    page = window.new_page()
    page.goto("/account/login/")
    page.fill("[name=login]", "boss@example.org")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.goto("/p/guiyang/")
    assert page.locator("noscript svg").count() == 1
    assert page.locator(".map").is_hidden()
    window.close()
