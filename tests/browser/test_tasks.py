"""What people come for, from the invitation to the export: both languages, by mouse, by keyboard alone, on a phone."""

import re
import zipfile

import pytest

from browsing import DESK, PHONE, Keys, Mouse, code_of
from lichen.inventory.store import load
from lichen.inventory.survey import read_survey
from lichen.inventory.workbook import write_inventory
from served import PASSWORD
from workbench import inventory

WAYS = {
    "english": ("en", Mouse, DESK), "chinese": ("zh", Mouse, DESK),
    "keyboard": ("en", Keys, DESK), "chinese-keyboard": ("zh", Keys, DESK), "phone": ("zh", Mouse, PHONE),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
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
    hands.follow(hands.visit.words("members"), within=".tabs")
    hands.fill("email", email)
    hands.choose("role", "facilitator")
    hands.press(hands.visit.words("invite"), within="main")
    assert hands.page.locator(".message.success").count() == 1
    good(hands)


def firm_with_a_mistake_mended(hands):
    say = hands.visit.words
    hands.follow(say("firms"), within=".tabs")
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
    hands.follow(say("surveys"), within=".tabs")
    hands.attach("file", path)
    good(hands)
    hands.press(say("survey_send"))
    assert "steel, cement, shop" in hands.page.locator("main").inner_text()
    good(hands)
    hands.press(re.compile(say("survey_yes", count="#").replace("#", r"\d+")))
    assert hands.page.locator(".message.success").count() == 1
    hands.follow(say("flows"), within=".tabs")
    assert hands.page.locator("table.dense tbody tr").count() == 13
    good(hands)
    hands.follow(say("overview"), within=".tabs")
    good(hands)


def history_seen(hands):
    say = hands.visit.words
    hands.follow(say("history"), within=".tabs")
    text = hands.page.locator("main").inner_text()
    assert "survey.xlsx" in text
    assert "12.5" in text or "mill" in text
    good(hands)


def exported(hands, slug, tmp_path):
    say = hands.visit.words
    hands.follow(say("overview"), within=".tabs")
    book = hands.download(say("download_inventory"))
    copy = tmp_path / "copy.xlsx"
    copy.write_bytes(book.read_bytes())
    assert {f.id for f in read_survey(copy).inventory.firms} == {"mill", "steel", "cement", "shop"}
    with zipfile.ZipFile(hands.download(say("download_study"))) as archive:
        archive.extractall(tmp_path)
    found = load(tmp_path / slug)
    assert [f.quantity.value for f in found.flows if f.firm == "mill"] == [12.5]
    assert {f.id for f in found.firms} == {"mill", "steel", "cement", "shop"}
