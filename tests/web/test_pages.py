"""Pages: words in both languages, a strict policy for browsers, forms that only their own pages can send, rows only added."""

import hashlib
import re
import string
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client

import lichen.web
from lichen.web.models import Audit, Change, Membership, Park, Role
from lichen.web.policy import log
from lichen.web.texts import catalogue

HERE = Path(lichen.web.__file__).parent
PAGES = ("/p/one/", "/p/one/costs/", "/p/one/costs/new", "/p/one/designs/", "/p/one/designs/new", "/p/one/compare",
         "/p/one/scenarios/", "/p/one/settlement/", "/p/one/firms/", "/p/one/firms/new", "/p/one/flows/", "/p/one/surveys/", "/p/one/history/",
         "/p/one/members/", "/p/one/balance/", "/p/one/opportunities/", "/p/one/knowledge/", "/p/one/jobs/",
         "/p/one/knowledge/entry?kind=type&id=ggbs-cement", "/account/", "/account/password/change/", "/account/2fa/",
         "/p/one/board/", "/p/one/board/add", "/p/one/follow/", "/p/one/follow/register?of=measure", "/p/one/follow/new?of=planned",
         "/p/one/released/", "/p/one/reports/")  # fmt: skip


def source():
    return "\n".join(p.read_text(encoding="utf-8") for kind in ("*.py", "*.html") for p in HERE.rglob(kind))


def test_words_are_there_in_both_languages_with_the_same_values():
    for key, entry in catalogue().items():
        assert set(entry) == {"en", "zh"}, key
        names = [{n for _, n, _, _ in string.Formatter().parse(text) if n} for text in entry.values()]
        assert names[0] == names[1], key
        assert all(text.strip() == text and text for text in entry.values()), key
    both_alike = {k for k, e in catalogue().items() if e["en"] == e["zh"]}
    assert both_alike == {"product"}


def test_every_word_is_used_and_every_used_word_is_there():
    text = source()
    used = set(re.findall(r"""\{% w ['"]([a-z0-9_]+)['"]""", text)) | set(
        re.findall(r"""\bwords\(\s*"([a-z0-9_]+)\"""", text)
    )
    assert used <= set(catalogue())
    made = r"(col|attention|figure|group|form|what|severity|role|role_help|did|attention|job|job_state|step|step_short|side|kind|kinds|form_of|cost|design|design_help|gain|existing|settlement|choice|setting)_\w+|\w+_title|not_found|forbidden|csrf|bad_request|conflict"
    idle = {k for k in catalogue() if k not in used and f'"{k}"' not in text and not re.fullmatch(made, k)}
    assert not idle


def test_what_the_audit_says_has_words():
    actions = re.findall(r"""\blog\(\s*f?"([^"]+)\"""", source())
    assert len(actions) > 10
    for action in actions:
        for entity in ("firm", "process", "flow"):
            key = "did_" + action.replace("{entity}", entity).replace(" ", "_").replace("-", "_")
            assert key in catalogue()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_pages_in_both_languages(world, path, lang):
    page = world.client("facilitator", headers={"Accept-Language": lang}).get(path, follow=True)
    assert page.status_code == 200
    text = page.content.decode()
    assert f'<html lang="{lang}">' in text
    assert len(re.findall("<h1", text)) == 1
    assert not re.search(
        r'<script(?! src="/static/(web|vendor)/[\w/]+\.js\?v=[\w.]+"( data-every="\d+")? defer></script>)'
        r'(?! id="[\w-]+" type="application/json">)|<style|\sstyle=|\son\w+=',
        text,
    )
    labels = set(re.findall(r'<label for="([^"]+)"', text))
    fields = re.findall(r"<(?:input|select|textarea)[^>]*>", text)
    for field in fields:
        if 'type="hidden"' not in field and "aria-label=" not in field:
            assert re.search(r'id="([^"]+)"', field)[1] in labels, field
    ids = re.findall(r'\sid="([^"]+)"', re.sub(r"<svg.*?</svg>", "", text, flags=re.S))
    assert len(ids) == len(set(ids))


MENUS = {
    "facilitator": ["Overview", "Data", "Exchanges", "Plans", "Follow-up", "Reporting", "Administration"],
    "steel": ["Overview", "Data", "Exchanges", "Designs", "Follow-up", "Reporting"],
    "auditor": ["Overview", "Knowledge", "Released", "Audit"],
}


@pytest.mark.parametrize("who", MENUS)
def test_the_menu_has_groups_of_what_an_account_may_open(world, who):
    text = world.client(who).get("/p/one/").content.decode()
    assert re.findall(r">([^<]+)</a>", text[text.index('<nav class="tabs"') : text.index("</header>")]) == MENUS[who]


@pytest.mark.parametrize(("path", "group", "page", "here"), [
    ("flows/", "Data", "Flows", "page"), ("firms/{firm}/", "Data", "Firms", "true"), ("compare", "Plans", "Designs", "true"),
    ("settlement/", "Plans", "Designs", "true"), ("costs/new", "Plans", "Costs and prices", "true"), ("board/", "Exchanges", "Board", "page"),
    ("released/", "Reporting", "Released", "page"), ("members/", "Administration", "People", "page"),
])  # fmt: skip
def test_the_menu_says_where_one_is(world, path, group, page, here):
    answer = world.client("administrator" if path == "members/" else "facilitator").get(
        f"/p/one/{path.format(firm=world.firms['steel'].pk)}"
    )
    text = answer.content.decode()
    marked = re.findall(r'aria-current="(\w+)">([^<]+)</a>', text[: text.index("</header>")])
    assert marked == [("true", group), (here, page)]


def test_the_language_is_kept(world):
    client = world.client("facilitator")
    answer = client.post("/language", {"language": "zh-hans", "next": "/p/one/"})
    assert answer["Location"] == "/p/one/"
    assert "总览" in client.get("/p/one/").content.decode()
    assert "one园区" in client.get("/p/one/").content.decode()


@pytest.mark.parametrize("path", ["/account/login/", "/p/one/", "/nothing", "/api/v1/parks", "/healthz"])
def test_what_a_browser_may_do(world, path):
    answer = world.client("facilitator").get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    if path.startswith("/p/"):
        assert "no-store" in answer["Cache-Control"]


def test_static_files(world):
    for name in ("lichen.css", "lichen.svg", "renew.js"):
        with closing(Client().get(f"/static/web/{name}")) as answer:
            assert answer.status_code == 200
            assert b"".join(answer)
    assert Client().get("/static/../settings.py").status_code == 404


def test_what_was_taken_of_others_is_as_they_made_it():
    taken = {
        "leaflet/leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
        "leaflet/leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
        "leaflet/LICENSE": "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
    }
    folder = Path(lichen.web.__file__).parent / "static" / "vendor"
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()} == taken


@pytest.mark.parametrize(
    "path", ["/p/one/surveys/", "/p/one/members/", "/account/login/", "/account/logout/", "/language"]
)
def test_forms_come_from_their_own_pages(world, path):
    client = world.client("facilitator", enforce_csrf_checks=True)
    assert client.post(path, {"email": "x@example.org"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "testserver:x", "127.0.0.1@evil"])
def test_other_hosts_are_refused(world, host):
    answer = Client(headers={"Host": host}).get("/account/login/")
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_empty_parks_say_what_to_do_next(world):
    park = Park.objects.create(slug="empty", name="Empty")
    Membership.objects.create(park=park, user=world.people["facilitator"], role=Role.FACILITATOR)
    client = world.client("facilitator")
    for path in ("", "firms/", "flows/"):
        page = client.get(f"/p/empty/{path}").content.decode()
        assert 'class="empty"' in page
        assert "/p/empty/surveys/" in page
    assert client.get("/p/empty/inventory.xlsx").status_code == 200
    assert client.get("/p/empty/study.zip").status_code == 200


def test_who_has_no_figures_yet_is_told_whom_to_invite(world):
    page = world.client("administrator").get("/p/one/").content.decode()
    assert '<a class="button main" href="/p/one/members/">' in page
    assert "/p/one/members/" not in world.client("auditor").get("/p/one/").content.decode()


def test_the_auditor_sees_no_figures_of_firms(world):
    page = world.client("auditor").get("/p/one/").content.decode()
    assert "No figures for this role" in page
    assert "<svg" not in page.split("<main")[1]


@pytest.mark.parametrize("query", ["q=slag", "direction=out&role=by-product", "year=2012", "quality=measured", "order=material",
                                   "page=99", "page=x", "year=20²2", "direction=' OR 1=1", "q=%25", "q=" + "x" * 5000])  # fmt: skip
def test_filters(world, query):
    assert world.client("facilitator").get(f"/p/one/flows/?{query}").status_code == 200


def test_a_filter_finds_by_the_names_of_the_vocabulary(world):
    page = world.client("facilitator").get("/p/one/flows/?q=钢渣").content.decode()
    assert page.count("<tr>") == 1 + 2
    page = world.client("steel").get("/p/one/flows/?q=钢渣").content.decode()
    assert page.count("<tr>") == 1 + 1


@pytest.mark.parametrize("table", [Change, Audit])
def test_history_and_audit_are_only_added_to(world, fields_of, table):
    log("operator made", park=world.one)
    row = world.flow(world.firms["steel"])
    world.client("steel").post(f"/p/one/firms/{row.firm_id}/flows/{row.pk}/", fields_of(row, note="x"))
    assert table.objects.exists()
    for attempt in (lambda: table.objects.update(park=world.two), lambda: table.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_migrations_say_what_the_models_say(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_django_finds_no_fault():
    call_command("check", "--fail-level", "WARNING")
