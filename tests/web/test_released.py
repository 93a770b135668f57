"""Released tables and reports: what leaves the house, who makes it, who sees it, under which policy for browsers."""

import io
import re
import zipfile

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from lichen.web import reports
from lichen.web.followed_models import Exchange, FollowRow, ReleasedTable
from lichen.web.models import Audit, Change, FirmRow, FlowRow, Membership, Park, Role, User
from lichen.web.releases import FIGURES, contributions, propose, sector_of
from lichen.web.rows import whole
from lichen.web.store import Origin, write_firm
from releases import VALUES, park_with, town_of
from workbench import client_of


@pytest.fixture
def town(db):
    """Return a park of nine firms, and its people."""
    return town_of()


def client(name):
    return client_of(User.objects.get(email=f"{name}@example.org"))


def year():
    return FlowRow.objects.first().year


def make(who="facilitator", **more):
    return client(who).post("/p/town/released/make", {"figure": "waste", "year": year(), "answer": "release", **more})


def set_waste(park, **changed):
    values = {**VALUES, **changed}
    for code in changed:
        row = FirmRow.objects.filter(park=park, code=code).first()
        told = park_with({code: values[code]})
        write_firm(park, code, told, Origin(None, "t"), seen=row.revision if row else None)


def test_a_table_is_made_and_seen_by_everybody(town):
    assert Client().get("/public/town/").status_code == 404
    assert make().status_code == 302
    row = ReleasedTable.objects.get()
    cells = {c["node"]: c for c in row.table["cells"]}
    assert (cells["total"]["value"], cells["total"]["firms"]) == (sum(VALUES.values()), 9)
    assert cells["IN_FD"]["state"] == "withheld"
    assert cells["IN_FD"]["value"] is None
    assert sum(c["state"] == "withheld" for c in cells.values()) >= 2  # a brewery alone follows from the rest
    for page in (Client().get("/public/town/"), client("auditor").get(f"/p/town/released/{row.pk}/"),
                 client("firm").get(f"/p/town/released/{row.pk}/"), client("administrator").get("/p/town/released/")):  # fmt: skip
        assert page.status_code == 200
    page = Client().get("/public/town/").content.decode()
    assert "withheld" in page
    assert "4 800" in page.replace("\u202f", " ")
    assert "900" not in re.sub(r"<[^>]+>", "", page)
    assert "不予公布" in Client(headers={"Accept-Language": "zh"}).get("/public/town/").content.decode()
    table = Client().get("/public/town/tables.csv")
    assert table["Content-Type"].startswith("text/csv")
    assert "withheld" in table.content.decode()
    assert "Firm E" not in page + table.content.decode()


def test_looking_first_releases_nothing(town):
    page = make(answer="look")
    assert page.status_code == 200
    assert "4 800" in page.content.decode().replace("\u202f", " ")
    assert not ReleasedTable.objects.exists()
    # an administrator does not read firms' flows, and so has no look at what changes with them
    make("administrator", answer="look")
    assert ReleasedTable.objects.count() == 1


def test_a_released_table_stays_as_it_was(town):
    make()
    before = ReleasedTable.objects.get().table
    set_waste(town, a=999)
    assert ReleasedTable.objects.get().table == before
    for attempt in (lambda: ReleasedTable.objects.update(year=1), lambda: ReleasedTable.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_a_difference_that_tells_on_a_firm_is_refused(town):
    make()
    set_waste(town, a=470)
    assert propose(town, "waste", year()).released is None
    answer = client("facilitator").post(
        "/p/town/released/make", {"figure": "waste", "year": year(), "answer": "release"}, follow=True)  # fmt: skip
    assert "Nothing was released" in answer.content.decode()
    assert ReleasedTable.objects.count() == 1
    set_waste(town, **{code: value + 80 + 10 * n for n, (code, value) in enumerate(VALUES.items())})
    make()
    assert ReleasedTable.objects.count() == 2


def test_a_withdrawn_table_is_shown_no_more_and_still_counts(town):
    make()
    row = ReleasedTable.objects.get()
    assert client("auditor").post(f"/p/town/released/{row.pk}/withdraw").status_code == 404
    assert client("administrator").post(f"/p/town/released/{row.pk}/withdraw").status_code == 302
    assert Client().get("/public/town/").status_code == 404
    assert Client().get("/public/town/tables.csv").status_code == 404
    assert client("firm").get(f"/p/town/released/{row.pk}/").status_code == 404
    set_waste(town, a=470)
    assert propose(town, "waste", year()).released is None
    assert Audit.objects.filter(action="table withdrawn").exists()


@pytest.mark.parametrize("given", [{"figure": "secrets"}, {"year": "1900"}, {"year": "x"}, {"year": "9" * 30}])
def test_what_there_is_not_cannot_be_released(town, given):
    assert make(**given).status_code == 404


def test_the_public_is_told_nothing_of_parks_without_tables(town):
    texts = {
        re.sub(r'value="\w{64}"', "", Client().get(f"/public/{n}/").content.decode()).replace(n, "")
        for n in ("town", "gone")
    }
    assert len(texts) == 1


def test_figures_of_a_park(world):
    inventory = whole(world.one)
    newest = max(f.year for f in inventory.flows)
    found = {figure: contributions(inventory, figure, newest) for figure in FIGURES}
    assert all(set(f) == {"steel", "cement", "shop"} for f in found.values())
    assert found["waste"]["steel"] == (sector_of("3120"), pytest.approx(300 + 200))
    assert found["energy"]["cement"][1] == pytest.approx(40 * 3.6)
    assert found["co2"]["steel"][1] > 0
    assert (sector_of("3011"), sector_of("0610"), sector_of("44")) == ("IN_NMMI", "MIN", "PP")


# --- reports -------------------------------------------------------------------------------------------------------------
PAGES = ("committee", "sustainability", "follow-up", "balance", "discover")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_of_the_library_under_a_strict_policy(world, name, lang):
    answer = world.client("facilitator", headers={"Accept-Language": lang}).get(f"/p/one/reports/{name}")
    assert answer.status_code == 200
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert f'<html lang="{lang}">' in page
    assert "unsafe" not in policy + page
    assert re.search(r"style-src 'sha256-[\w+/]{43}='", policy)
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "<script" not in page
    assert not re.search(r"<[a-z][^<>]*\sstyle=", page)
    assert "no-store" in answer["Cache-Control"]


def test_the_policy_names_the_style_sheet_that_is_sent():
    import base64
    import hashlib

    answer = reports.served(
        '<head><style>a{}</style></head><p style="width:5.2%;color:#fff">x</p><b>y style="z:}<"</b>'
    )
    page = answer.content.decode()
    sheet = re.search("<style>(.*?)</style>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer["Content-Security-Policy"]
    assert '<p data-style="0">' in page
    assert '[data-style="0"] { width:5.2%;color:#fff }' in sheet
    assert 'style="z:}<"' in page  # a text is no style


def test_a_firm_reads_about_itself_alone(world):
    Exchange.objects.create(
        park=world.one, key="k", title="Slag", donor=world.firms["steel"], receiver=world.firms["cement"]
    )
    FollowRow.objects.create(park=world.one, entity="measure", about="cement", key="m", position=1, values={
        "firm": "cement", "measure": "new mill", "category": "process", "state": "implemented", "kind": "reported", "source": "s"})  # fmt: skip
    path = f"/p/one/firms/{world.firms['steel'].pk}/report"
    for person in ("steel", "facilitator"):
        page = world.client(person).get(path).content.decode()
        assert "Steelworks" in page
        assert "new mill" not in page
        assert "Repair shop" not in page
    assert world.client("cement").get(path).status_code == 404
    listing = world.client("steel").get("/p/one/reports/").content.decode()
    assert "committee" not in listing
    assert "Cement works" not in listing


def test_the_sustainability_report_holds_released_sums_alone(town):
    make()
    for n, code in enumerate("ab"):
        FollowRow.objects.create(park=town, entity="measure", about=code, key=f"m{n}", position=n, values={
            "firm": code, "measure": "pump", "category": "pumps", "state": "implemented", "co2": 77.0 + n, "co2 unit": "tCO2/a",
            "kind": "reported", "source": "s"})  # fmt: skip
    page = client("facilitator").get("/p/town/reports/sustainability").content.decode()
    text = re.sub(r"<[^>]+>", " ", page).replace("\u202f", " ")
    assert "4 800" in text
    assert "withheld" in text
    assert "155" not in text  # a sum over two firms
    assert "900" not in text.split("implemented")[0].replace("4 800", "")
    FollowRow.objects.create(park=town, entity="measure", about="c", key="m9", position=9, values={
        "firm": "c", "measure": "pump", "category": "pumps", "state": "implemented", "co2": 70.0, "co2 unit": "tCO2/a",
        "kind": "reported", "source": "s"})  # fmt: skip
    assert "225 t/a" in client("facilitator").get("/p/town/reports/sustainability").content.decode()


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_sustainability_report_as_pdf(town, lang):
    make()
    answer = client_of(User.objects.get(email="facilitator@example.org"), headers={"Accept-Language": lang}).get(
        "/p/town/reports/sustainability.pdf", follow=True)  # fmt: skip
    assert answer.status_code == 200
    if answer["Content-Type"] == "application/pdf":
        assert answer.content.startswith(b"%PDF")
    else:  # no font can write Chinese here: it says so
        assert lang == "zh-CN"


def test_tables_of_follow_up_as_a_workbook(world):
    answer = world.client("facilitator").get("/p/one/reports/follow-up.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "xl/workbook.xml" in archive.namelist()


def test_a_park_without_flows_has_reports_that_say_so(db):
    park = Park.objects.create(slug="empty", name="Empty")
    user = User.objects.create_user("f@example.org")
    Membership.objects.create(park=park, user=user, role=Role.FACILITATOR)
    for name in PAGES:
        answer = client_of(user).get(f"/p/empty/reports/{name}", follow=True)
        assert answer.status_code == 200
        assert "<h1" in answer.content.decode()
    assert not Change.objects.filter(park=park).exists()
