"""Reports and released tables by the API: what the pages give, and to nobody else."""

import pytest
from django.test import Client

from asking import API, ask
from lichen.web.followed_models import ReleasedTable
from lichen.web.models import Audit, FlowRow, Membership, Park, Role, User
from lichen.web.releases import FIGURES
from releases import VALUES, town_of
from workbench import client_of

PARK = "/parks/one"
PAGES = ("committee", "sustainability", "follow-up", "balance", "discover")


@pytest.fixture
def town(db):
    return town_of()


def client(name):
    return client_of(User.objects.get(email=f"{name}@example.org"))


def wanted():
    return {"figure": "waste", "year": FlowRow.objects.first().year}


def release(name="facilitator", **more):
    return ask(client(name), "post", "/parks/town/released", {**wanted(), **more})


@pytest.mark.parametrize("name", PAGES)
def test_a_report_is_the_page(world, name):
    facilitator = world.client("facilitator")
    page, told = facilitator.get(f"/p/one/reports/{name}"), facilitator.get(f"{API}{PARK}/report?name={name}")
    assert told.content == page.content
    assert told["Content-Security-Policy"] == page["Content-Security-Policy"]
    assert told["Content-Type"] == "text/html; charset=utf-8"
    assert list(Audit.objects.filter(action="report read").values_list("about", flat=True)) == [name, name]


def test_a_report_speaks_the_language_that_is_asked_for(world):
    chinese = world.client("facilitator", headers={"Accept-Language": "zh-CN"})
    assert '<html lang="zh-CN">' in chinese.get(f"{API}{PARK}/report?name=balance").content.decode()


def test_reports_as_files(world):
    facilitator = world.client("facilitator")
    assert facilitator.get(f"{API}{PARK}/report?name=sustainability.pdf").content.startswith(b"%PDF")
    book = facilitator.get(f"{API}{PARK}/report?name=follow-up.xlsx")
    assert book.content.startswith(b"PK")
    assert book["Content-Disposition"] == 'attachment; filename="one-follow-up.xlsx"'
    assert ask(facilitator, "get", f"{PARK}/report?name=secrets").status_code == 422


def test_who_reads_reports(world):
    assert ask(world.client("facilitator"), "get", f"{PARK}/reports").json() == {
        "pages": list(PAGES), "files": ["sustainability.pdf", "follow-up.xlsx"],
    }  # fmt: skip
    assert ask(world.client("steel"), "get", f"{PARK}/reports").json() == {"pages": [], "files": []}
    own = f"{PARK}/firms/{world.firms['steel'].pk}/report"
    page = ask(world.client("steel"), "get", own)
    assert "Steelworks" in page.content.decode()
    assert "Repair shop" not in page.content.decode()
    assert list(Audit.objects.filter(action="report read").values_list("about", flat=True)) == ["firm steel"]
    assert ask(world.client("cement"), "get", own).status_code == 404
    for person in ("steel", "administrator", "auditor", "stranger"):
        assert ask(world.client(person), "get", f"{PARK}/report?name=committee").status_code == 404


def test_a_park_with_nothing_to_tell_says_so(db):
    park = Park.objects.create(slug="empty", name="Empty")
    user = User.objects.create_user("f@example.org")
    Membership.objects.create(park=park, user=user, role=Role.FACILITATOR)
    answer = ask(client_of(user), "get", "/parks/empty/report?name=balance")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["mend"]
    assert not Audit.objects.filter(action="report read").exists()


def test_a_table_is_made_and_seen_by_everybody(town):
    assert ask(Client(), "get", "/public/town").status_code == 404
    answer = release()
    assert answer.status_code == 201, answer.content
    cells = {c["node"]: c for c in answer.json()["cells"]}
    assert (cells["total"]["value"], cells["total"]["firms"]) == (sum(VALUES.values()), 9)
    assert (cells["IN_FD"]["state"], cells["IN_FD"]["value"]) == ("withheld", None)
    told = ask(Client(), "get", "/public/town").json()
    assert (told["name"], len(told["tables"])) == ("Town", 1)
    assert {c["node"]: c["value"] for c in told["tables"][0]["cells"]} == {n: c["value"] for n, c in cells.items()}
    assert "Firm E" not in str(told)
    csv = ask(Client(), "get", "/public/town/tables.csv")
    assert csv.content == Client().get("/public/town/tables.csv").content
    path = f"/parks/town/released/{answer.json()['id']}"
    for name in ("firm", "auditor", "administrator"):
        assert ask(client(name), "get", path).json()["cells"] == answer.json()["cells"]
    listed = ask(client("facilitator"), "get", "/parks/town/released").json()
    assert (listed["count"], listed["figures"], listed["years"]) == (1, list(FIGURES), [wanted()["year"]])
    assert ask(client("auditor"), "get", "/parks/town/released").json()["years"] == []
    assert Audit.objects.get(action="table released").about == f"waste {wanted()['year']}"


def test_looking_first_releases_nothing(town):
    query = "figure={figure}&year={year}".format(**wanted())
    look = ask(client("facilitator"), "get", f"/parks/town/released/preview?{query}").json()
    assert {c["node"]: c["value"] for c in look["cells"]}["total"] == sum(VALUES.values())
    assert not ReleasedTable.objects.exists()
    # an administrator does not read firms' flows, and so has no look at what changes with them
    for name in ("administrator", "auditor", "firm"):
        assert ask(client(name), "get", f"/parks/town/released/preview?{query}").status_code == 404
    assert look["cells"] == release("administrator").json()["cells"]


def test_a_withdrawn_table_is_shown_no_more(town):
    row = release().json()["id"]
    for _ in range(2):
        answer = ask(client("facilitator"), "post", f"/parks/town/released/{row}/withdraw")
        assert answer.json()["withdrawn"]
    assert ask(Client(), "get", "/public/town").status_code == 404
    assert ask(client("firm"), "get", f"/parks/town/released/{row}").status_code == 404
    assert ask(client("firm"), "get", "/parks/town/released").json()["count"] == 0
    assert ask(client("auditor"), "get", f"/parks/town/released/{row}").json()["withdrawn"]
    assert Audit.objects.filter(action="table withdrawn").count() == 1


@pytest.mark.parametrize(("given", "status"), [
    ({"figure": "money"}, 422), ({"year": 1999}, 404), ({"year": 0}, 422), ({"year": 10**20}, 422), ({"year": "x"}, 422),
])  # fmt: skip
def test_what_there_is_not_cannot_be_released(town, given, status):
    assert release(**given).status_code == status
    assert not ReleasedTable.objects.exists()


def test_who_releases(town):
    for name in ("firm", "auditor"):
        assert release(name).status_code == 404
    assert ask(Client(), "post", "/parks/town/released", wanted()).status_code == 401
    assert not ReleasedTable.objects.exists()
    assert ask(Client(), "get", "/public/none").status_code == 404
    assert ask(Client(), "get", "/public/none/tables.csv").json() == {"detail": "not found"}
