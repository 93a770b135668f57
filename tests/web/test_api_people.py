"""People, audit and parks by the API: what the pages do, under their rules, with their lines in the audit."""

import pytest
from django.test import Client

from asking import ask
from lichen.web.models import Audit, Membership, Park, Role, User
from workbench import PASSWORD

MEMBERS = "/parks/one/members"


def invite(client, **given):
    return ask(client, "post", MEMBERS, {"email": "new@example.org", "name": "New", "role": "auditor", **given})


def path_of(user, role=None):
    found = Membership.objects.filter(user__email=f"{user}@example.org", park__slug="one")
    return f"{MEMBERS}/{(found.get(role=role) if role else found.get()).pk}"


def test_who_is_listed(world):
    found = ask(world.client("administrator"), "get", MEMBERS).json()
    assert {row["email"].split("@")[0] for row in found["rows"]} == {
        "steel", "cement", "facilitator", "administrator", "auditor",
    }  # fmt: skip
    assert found["gives"] == ["administrator", "auditor", "facilitator", "firm"]
    part = ask(world.client("administrator"), "get", f"{MEMBERS}?limit=2&offset=4").json()
    assert (part["count"], len(part["rows"])) == (5, 1)
    own = ask(world.client("facilitator"), "get", MEMBERS).json()
    assert [(r["email"], r["firm_code"]) for r in own["rows"]] == [
        ("cement@example.org", "cement"), ("steel@example.org", "steel"),
    ]  # fmt: skip
    assert own["gives"] == ["firm"]


def test_an_invitation_sets_a_password_once(world):
    answer = invite(world.client("administrator"))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["role"], made["firm"]) == ("auditor", None)
    client = Client()
    place = client.get(made["link"].removeprefix("http://testserver"), follow=True).redirect_chain[-1][0]
    client.post(place, {"password1": PASSWORD, "password2": PASSWORD})
    body = {"email": "new@example.org", "password": PASSWORD}
    token = ask(Client(), "post", "/auth/login", body).json()["meta"]["session_token"]
    told = Client().get("/api/v1/parks/one/audit", headers={"X-Session-Token": token}).json()
    assert [(a["action"], a["by"]) for a in told["rows"]][:3] == [
        ("logged in", "New"), ("link for a password", "Administrator"), ("role given", "Administrator"),
    ]  # fmt: skip
    assert invite(world.client("administrator"), role="facilitator").json()["link"] == ""


def test_page_and_api_say_the_same_in_the_audit(world):
    firm = world.firms["cement"]
    invite(world.client("facilitator"), role="firm", firm=firm.pk)
    page = {"email": "other@example.org", "name": "Other", "role": "firm", "firm": firm.pk}
    world.client("facilitator").post("/p/one/members/", page)
    told = Audit.objects.filter(park=world.one).exclude(action="logged in").order_by("id")
    lines = [(a.action, a.about.replace("other@", "new@")) for a in told]
    assert lines[-2:] == lines[-4:-2] == [
        ("role given", "new@example.org: firm cement"), ("link for a password", "new@example.org"),
    ]  # fmt: skip


@pytest.mark.parametrize("given", [
    {"role": "facilitator"}, {"role": "administrator"}, {"role": "auditor"}, {"role": "operator"}, {"role": ""},
    {"role": "firm"}, {"role": "firm", "firm": 0}, {"role": "firm", "firm": "foreign"}, {"role": "firm", "firm": 2**70},
])  # fmt: skip
def test_a_facilitator_gives_the_roles_of_firms_alone(world, given):
    if given.get("firm") == "foreign":
        given = {**given, "firm": world.foreign["steel"].pk}
    assert invite(world.client("facilitator"), **given).status_code == 422
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("email", ["", "x", "a@b", "a b@example.org", "stranger@example.org", "operator@example.org"])
def test_who_cannot_be_invited(world, email):
    before = Membership.objects.count()
    answer = invite(world.client("administrator"), email=email)
    assert answer.status_code == 422
    assert "e-mail address" in answer.json()["detail"]
    assert Membership.objects.count() == before


def test_a_role_is_changed(world):
    client, path = world.client("administrator"), path_of("steel")
    answer = ask(client, "put", path, {"role": "firm", "firm": world.firms["cement"].pk})
    assert answer.status_code == 200, answer.content
    assert answer.json()["firm_code"] == "cement"
    assert world.client("steel").get(f"/api/v1/parks/one/firms/{world.firms['steel'].pk}").status_code == 404
    assert ask(client, "put", path, {"role": "auditor"}).status_code == 404  # it is another membership now
    assert ask(client, "put", path_of("steel"), {"role": "auditor"}).json()["role"] == "auditor"
    assert list(Audit.objects.filter(about__startswith="steel@").order_by("id").values_list("action", "about")) == [
        ("role taken", "steel@example.org: firm steel"), ("role given", "steel@example.org: firm cement"),
        ("role taken", "steel@example.org: firm cement"), ("role given", "steel@example.org: auditor"),
    ]  # fmt: skip
    same = ask(client, "put", path_of("steel"), {"role": "auditor"})
    assert same.status_code == 200
    assert Audit.objects.filter(about__startswith="steel@").count() == 4


def test_a_facilitator_makes_nobody_more_than_a_firm(world):
    client = world.client("facilitator")
    assert ask(client, "put", path_of("steel"), {"role": "facilitator"}).status_code == 422
    assert ask(client, "put", path_of("administrator"), {"role": "firm"}).status_code == 404
    assert Membership.objects.get(user=world.people["steel"]).role == Role.FIRM


def test_who_operates_the_installation_is_changed_by_nobody(world):
    made = Membership.objects.create(park=world.one, user=world.people["operator"], role=Role.AUDITOR)
    client = world.client("administrator")
    assert ask(client, "put", f"{MEMBERS}/{made.pk}", {"role": "administrator"}).status_code == 422
    assert ask(client, "post", f"{MEMBERS}/{made.pk}/link").status_code == 409


def test_the_last_administrator_stays(world):
    client, path = world.client("administrator"), path_of("administrator")
    for method, body in (("delete", None), ("put", {"role": "auditor"})):
        answer = ask(client, method, path, body)
        assert answer.status_code == 409
        assert "one administrator" in answer.json()["detail"]
    assert Membership.objects.get(user=world.people["administrator"]).role == Role.ADMINISTRATOR
    other = User.objects.create_user("second@example.org")
    Membership.objects.create(park=world.one, user=other, role=Role.ADMINISTRATOR)
    assert ask(client, "delete", path).status_code == 204
    assert ask(client, "get", MEMBERS).status_code == 404


def test_a_link_that_is_not_ones_to_give(world):
    steel = world.people["steel"]
    steel.set_password(PASSWORD)
    steel.save()
    assert ask(world.client("facilitator"), "post", f"{path_of('steel')}/link").status_code == 409
    answer = ask(world.client("administrator"), "post", f"{path_of('steel')}/link")
    assert "/account/password/reset/key/" in answer.json()["link"]
    Membership.objects.create(park=world.two, user=steel, role=Role.AUDITOR)
    assert ask(world.client("administrator"), "post", f"{path_of('steel')}/link").status_code == 409


@pytest.mark.parametrize("person", ["steel", "auditor", "stranger", "nobody", "operator"])
def test_people_are_not_everybodys(world, person):
    client, path = world.client(person), path_of("cement")
    for method, place, body in (
        ("get", MEMBERS, None), ("post", MEMBERS, {"email": "x@example.org", "role": "firm"}), ("delete", path, None),
        ("put", path, {"role": "firm"}), ("post", f"{path}/link", None),
    ):  # fmt: skip
        assert ask(client, method, place, body).status_code == 404
    assert not User.objects.filter(email="x@example.org").exists()


def test_the_audit_is_the_parks_own(world):
    invite(world.client("administrator"))
    found = ask(world.client("auditor"), "get", "/parks/one/audit?limit=1&offset=1").json()
    assert (found["rows"][0]["action"], found["rows"][0]["by"]) == ("link for a password", "Administrator")
    assert found["count"] == Audit.objects.filter(park=world.one).count()
    for person in ("steel", "facilitator", "stranger", "operator"):
        assert ask(world.client(person), "get", "/parks/one/audit").status_code == 404


def test_parks_are_made_by_operators_alone(world):
    given = {"name": "Three", "slug": "three", "email": "three@example.org"}
    for person in ("administrator", "facilitator", "nobody"):
        assert ask(world.client(person), "post", "/parks", given).status_code == 404
    assert ask(world.client(None), "post", "/parks", given).status_code == 401
    answer = ask(world.client("operator"), "post", "/parks", given)
    assert answer.status_code == 201, answer.content
    assert "/account/password/reset/key/" in answer.json()["link"]
    assert User.objects.get(email="three@example.org").memberships.get().park.slug == "three"
    assert ask(world.client("operator"), "get", "/parks/three").status_code == 404
    for bad in ({"slug": ""}, {"slug": "one"}, {"email": "x"}, {"name": " "}):
        assert ask(world.client("operator"), "post", "/parks", given | {"slug": "four"} | bad).status_code == 422
    assert Park.objects.count() == 3


def test_an_account_knows_its_roles(world):
    told = ask(world.client("steel"), "get", "/account").json()
    assert (told["email"], told["operator"]) == ("steel@example.org", False)
    assert told["roles"] == [{"park": "one", "role": "firm", "firm": world.firms["steel"].pk, "firm_code": "steel"}]
    assert "Steelworks" in world.client("steel").get("/account/").content.decode()
    assert ask(world.client("operator"), "get", "/account").json() == {
        "email": "operator@example.org", "name": "", "operator": True, "roles": [],
    }  # fmt: skip
    assert ask(world.client(None), "get", "/account").status_code == 401


def test_an_administrator_knows_which_firms_there_are(world):
    found = ask(world.client("administrator"), "get", "/parks/one/firms").json()
    assert found["count"] == 3
    assert all(set(row["values"]) == {"id", "name", "industry"} for row in found["rows"])
    assert ask(world.client("administrator"), "get", f"/parks/one/firms/{found['rows'][0]['id']}").status_code == 404
    one = ask(world.client("facilitator"), "get", "/parks/one/firms?q=steel").json()
    assert [row["values"]["id"] for row in one["rows"]] == ["steel"]
    assert ask(world.client("steel"), "get", "/parks/one/firms?q=cement").json()["count"] == 0


def sets_password(link):
    """Return whether somebody with a link can set a password by it; it is not set."""
    page = Client().get(link.removeprefix("http://testserver"), follow=True)
    return b'name="password1"' in page.content


@pytest.mark.parametrize("way", ["added", "changed", "other park", "page"])
def test_a_link_of_who_may_give_less_ends_with_a_greater_role(world, way):
    """A facilitator who kept the link of an invitation does not become an administrator by it."""
    facilitator, administrator = world.client("facilitator"), world.client("administrator")
    kept = invite(facilitator, role="firm", firm=world.firms["cement"].pk).json()["link"]
    assert sets_password(kept)
    if way == "added":
        mine = invite(administrator, role="administrator").json()["link"]
    elif way == "changed":
        path = path_of("new")
        assert ask(administrator, "put", path, {"role": "administrator"}).status_code == 200
        assert not sets_password(kept)
        mine = ask(administrator, "post", f"{path_of('new')}/link").json()["link"]
    elif way == "page":
        given = {"email": "new@example.org", "role": "facilitator"}
        page = administrator.post("/p/one/members/", given).content.decode()
        mine = page.split('<code class="link">')[1].split("</code>")[0]
    else:
        given = {"slug": "three", "name": "Three", "email": "new@example.org"}
        mine = ask(world.client("operator"), "post", "/parks", given).json()["link"]
    assert mine
    assert not sets_password(kept)
    assert sets_password(mine)


def test_a_link_lives_on_while_no_other_is_made(world):
    client, cement, steel = world.client("facilitator"), world.firms["cement"].pk, world.firms["steel"].pk
    link = invite(client, role="firm", firm=cement).json()["link"]
    assert ask(client, "put", path_of("new"), {"role": "firm", "firm": steel}).status_code == 200
    assert sets_password(link)
    user = User.objects.get(email="new@example.org")
    user.set_password(PASSWORD)
    user.save()
    assert invite(world.client("administrator"), role="administrator").json()["link"] == ""
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
