"""What people come for, from the invitation to the export: both languages, by mouse, by keyboard alone, on a phone."""

import re
import zipfile

import pytest

import journeys
from browsing import DESK, PHONE, Keys, Mouse, code_of
from lichen.inventory.store import load
from lichen.inventory.survey import read_survey
from lichen.inventory.workbook import write_inventory
from served import PASSWORD
from workbench import inventory

pytestmark = pytest.mark.xdist_group("tasks")  # they share one server
WAYS = {"english": ("en", Mouse, DESK), "chinese-keyboard": ("zh", Keys, DESK), "phone": ("zh", Mouse, PHONE)}
EACH = pytest.mark.parametrize("way", WAYS)


@EACH
def test_from_invitation_to_export(way, visit, tmp_path):
    lang, kind, size = WAYS[way]
    slug, email = f"river-{way}", f"{way}@example.org"
    link = park_made(visit(lang=lang), slug, email)
    hands = kind(visit(email=email, lang=lang, size=size))
    first_password(hands, link)
    secret = second_factor(hands)
    log_in_again(hands, email, secret)
    become_facilitator(hands, slug, email)
    firm_with_a_mistake_mended(hands)
    flow_with_a_mistake_mended(hands)
    survey_sent(hands, tmp_path)
    history_seen(hands)
    exported(hands, slug, tmp_path)


def good(hands):
    """Nothing on the page is in the way of anybody."""
    assert hands.visit.faults() == []


def park_made(visit, slug, email):
    hands = Mouse(visit.log_in("boss@example.org", PASSWORD))
    hands.page.goto("/")
    hands.follow(visit.words("park_new"))
    for name, text in (("name", slug), ("name_zh", f"{slug} 园区"), ("slug", slug), ("email", email)):
        hands.fill(name, text)
    good(hands)
    hands.press(visit.words("make"))
    good(hands)
    return re.sub(r"https?://[^/]+", "", hands.page.locator("code.link").inner_text())


def first_password(hands, link):
    hands.page.goto(link)
    hands.fill("password1", PASSWORD)
    hands.fill("password2", PASSWORD)
    good(hands)
    hands.enter()
    good(hands)
    if hands.page.locator(".who").count() == 0:
        hands.page.goto("/account/login/")


def log_in_form(hands, email):
    hands.fill("login", email)
    hands.fill("password", PASSWORD)
    hands.press(hands.visit.words("log_in"), within="main")


def second_factor(hands):
    if hands.page.locator(".who").count() == 0:
        log_in_form(hands, hands.visit.email)
    hands.follow(hands.visit.email)
    hands.follow(hands.visit.words("two_factor"))
    good(hands)
    hands.go("main a[href$='totp/activate/']")
    if hands.page.locator("[name=password]").count():  # asked again before anything that guards the account
        good(hands)
        hands.fill("password", PASSWORD)
        hands.enter()
    good(hands)
    secret = hands.page.locator("main input[disabled], main input[readonly]").first.input_value()
    hands.fill("code", code_of(secret))
    hands.enter()
    good(hands)
    return secret


def log_in_again(hands, email, secret):
    hands.press(hands.visit.words("log_out"))
    hands.page.goto("/account/login/")
    log_in_form(hands, email)
    hands.page.wait_for_selector("[name=code]")
    good(hands)
    hands.fill("code", code_of(secret))
    hands.enter()
    hands.page.wait_for_selector(".who")


def become_facilitator(hands, slug, email):
    hands.page.goto(f"/p/{slug}/")
    good(hands)
    hands.tab("members")
    hands.fill("email", email)
    hands.choose("role", "facilitator")
    hands.press(hands.visit.words("invite"), within="main")
    assert hands.page.locator(".message.success").count() == 1
    good(hands)


def firm_with_a_mistake_mended(hands):
    say = hands.visit.words
    hands.tab("firms")
    good(hands)  # empty: it says what to do next
    hands.follow(say("firm_new"), within="main")
    hands.fill("id", "mill")
    hands.fill("name", "River mill 河边磨坊")
    hands.fill("industry", "99x9")
    hands.press(say("save"))
    assert hands.page.locator(".entry.error .problem.error").count() == 1
    assert hands.page.locator("[name=name]").input_value() == "River mill 河边磨坊"
    good(hands)
    hands.fill("industry", "3011")
    hands.press(say("save"))
    assert hands.page.locator("h1").inner_text() == "River mill 河边磨坊"
    good(hands)


def flow_with_a_mistake_mended(hands):
    say = hands.visit.words
    hands.follow(say("flow_new"), within="main")
    good(hands)
    hands.choose("direction", "out")
    hands.choose("role", "by-product")
    hands.fill("material", "steel slag" if hands.visit.lang == "en" else "钢渣")
    hands.fill("quantity", "twelve")
    hands.choose("quantity unit", "t/a")
    hands.fill("year", "2024")
    hands.choose("quality", "measured")
    hands.fill("source", "weighbridge")
    hands.press(say("save"))
    found = hands.page.locator(".entry.error .problem.error")
    assert found.count() == 1
    assert "twelve" in found.inner_text()
    good(hands)
    hands.fill("quantity", "12.5")
    hands.press(say("save"))
    assert hands.page.locator("table.dense").first.inner_text().count("12.5") == 1
    good(hands)


def survey_sent(hands, tmp_path):
    say = hands.visit.words
    path = write_inventory(inventory(), tmp_path / "survey.xlsx", hands.visit.lang)
    hands.tab("surveys")
    hands.attach("file", path)
    good(hands)
    hands.press(say("survey_send"))
    listed = {"en": ", ", "zh": "、"}[hands.visit.lang].join(("steel", "cement", "shop"))
    assert listed in hands.page.locator("main").inner_text()
    good(hands)
    hands.press(re.compile(say("survey_yes", count="#").replace("#", r"\d+")))
    assert hands.page.locator(".message.success").count() == 1
    hands.tab("flows")
    assert hands.page.locator("table.dense tbody tr").count() == 13
    good(hands)
    hands.tab("overview")
    good(hands)


def history_seen(hands):
    hands.tab("history")
    text = hands.page.locator("main").inner_text()
    assert "survey.xlsx" in text
    assert "12.5" in text or "mill" in text
    good(hands)


def exported(hands, slug, tmp_path):
    say = hands.visit.words
    hands.tab("overview")
    book = hands.download(say("download_inventory"))
    copy = tmp_path / "copy.xlsx"
    copy.write_bytes(book.read_bytes())
    assert {f.id for f in read_survey(copy).inventory.firms} == {"mill", "steel", "cement", "shop"}
    with zipfile.ZipFile(hands.download(say("download_study"))) as archive:
        archive.extractall(tmp_path)
    found = load(tmp_path / slug)
    assert [f.quantity.value for f in found.flows if f.firm == "mill"] == [12.5]
    assert {f.id for f in found.firms} == {"mill", "steel", "cement", "shop"}


# --- the other tasks, in the example's park -------------------------------------------------------------------------
def facilitator(visit, way):
    lang, kind, size = WAYS[way]
    return kind(visit(lang=lang, size=size).log_in("boss@example.org", PASSWORD))


@EACH
def test_from_an_opportunity_to_an_agreement(way, visit, tmp_path):
    hands = facilitator(visit, way)
    title = f"Exchange of {way}"
    journeys.discovered(hands, "guiyang")
    good(hands)
    stream = journeys.opened(hands, {"phone": 0, "chinese-keyboard": 4, "english": 8}[way])
    assert stream
    assert hands.page.locator("main li").count() > 0  # reasons and questions
    good(hands)
    journeys.on_the_board(hands, title)
    journeys.carried(hands)
    journeys.documented(hands, tmp_path)
    text = hands.page.inner_text("main")
    assert {"price and quality agreed", "contract.pdf", "Wang Fang"} <= set(re.findall(r"[\w. ]+", text))
    good(hands)
    journeys.tab(hands, "guiyang", "board")
    assert title in hands.page.inner_text("main")
    good(hands)


@EACH
def test_from_costs_to_a_design_and_its_appraisal(way, visit):
    hands = facilitator(visit, way)
    journeys.cost_told(hands, "guiyang", {"english": "road", "chinese-keyboard": "rail", "phone": "water"}[way])
    good(hands)
    journeys.designed(hands, "guiyang", f"CO2 {way}", objective="co2")
    assert "kt CO2/a" in hands.page.inner_text("main")
    good(hands)
    journeys.designed(hands, "guiyang", f"Gain {way}", carbon_price="60 CNY/tCO2")
    journeys.compared(hands, "guiyang", "designs", f"CO2 {way}", f"Gain {way}")
    assert hands.page.locator("main table").first.locator("th a").count() == 2
    good(hands)
    hands.follow(f"Gain {way}", within="main")
    journeys.appraised(hands)
    assert hands.page.locator("main svg").count() > 0
    good(hands)


@EACH
def test_from_picked_exchanges_to_sectors_side_by_side(way, visit):
    hands = facilitator(visit, way)
    journeys.scenario_run(hands, "guiyang", "UIS2012", f"甲 {way}")
    good(hands)
    journeys.scenario_run(hands, "guiyang", "UIS2012", f"乙 {way}", steel_slag_cement="240000")
    journeys.compared(hands, "guiyang", "scenarios", f"甲 {way}", f"乙 {way}")
    assert hands.page.locator("main table tbody tr").count() > 10
    good(hands)


@EACH
def test_from_what_was_built_to_the_reports(way, visit):
    hands = facilitator(visit, way)
    exchanges = {"english": "steel-slag-cement", "chinese-keyboard": "gangue-power", "phone": "fly-ash-cement"}
    say, exchange = hands.visit.words, exchanges[way]
    journeys.measure_told(hands, "guiyang", f"Fans {way}")
    good(hands)
    journeys.year_told(hands, "guiyang", "planned", exchange, "2026", "150000", "park plan 2026")
    journeys.year_told(hands, "guiyang", "actual", exchange, "2026", "131500", "weighbridge")
    journeys.tab(hands, "guiyang", "follow_up")
    assert "2026" in hands.page.inner_text("main")
    good(hands)
    for page in ("report_committee", "report_sustainability", "report_follow"):
        journeys.tab(hands, "guiyang", "reports")
        hands.follow(re.compile("^" + re.escape(say(page))), within="main")
        assert len(hands.page.inner_text("main")) > 150
        good(hands)
    journeys.tab(hands, "guiyang", "reports")
    assert hands.download(re.compile("^" + re.escape(say("report_sustainability_pdf")))).read_bytes()[:5] == b"%PDF-"
    assert hands.download(re.compile("^" + re.escape(say("report_workbook")))).read_bytes()[:2] == b"PK"
