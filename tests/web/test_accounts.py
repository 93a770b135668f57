"""Accounts: log-in, limits, invitation, passwords, the second factor, sessions; nobody signs up."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.test import Client

from lichen.web.accounts import password_link
from lichen.web.models import Audit, Membership, Role, User
from workbench import PASSWORD


def log_in(client, user, password=PASSWORD, **more):
    return client.post("/account/login/", {"login": user.email, "password": password, **more})


def test_passwords_are_kept_by_argon2(steel):
    assert steel.password.startswith("argon2$argon2id$")


def test_log_in_and_out(steel):
    client = Client()
    assert log_in(client, steel)["Location"] == "/"
    assert client.get("/", follow=True).redirect_chain == [("/p/one/", 302)]
    client.post("/account/logout/")
    assert client.get("/p/one/").status_code == 302
    assert list(Audit.objects.filter(action="logged in").values_list("by__email", "park__slug")) == [
        (steel.email, "one")
    ]


def test_the_session_is_another_after_log_in(steel):
    client = Client()
    client.get("/account/login/")
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["lichen_session"] = session.session_key
    log_in(client, steel)
    assert client.cookies["lichen_session"].value != session.session_key


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper()])
def test_a_wrong_password(steel, password):
    client = Client()
    assert log_in(client, steel, password).status_code in (200, 403)
    assert client.get("/p/one/").status_code == 302


def test_unknown_and_known_addresses_are_answered_alike(steel):
    def answer(address):
        page = Client().post("/account/login/", {"login": address, "password": "wrong wrong wrong"}).content.decode()
        return page.split('role="alert">')[1].split("<")[0]

    assert answer(steel.email) == answer("unheard@example.org")


def test_many_tries_are_stopped(steel):
    client = Client()
    answers = [log_in(client, steel, "wrong wrong").status_code for _ in range(settings.AXES_FAILURE_LIMIT + 1)]
    assert answers[-1] in (403, 429)
    log_in(client, steel)
    assert client.get("/p/one/").status_code == 302
    assert Audit.objects.filter(action="log-in failed", park__slug="one").exists()


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_nobody_is_sent_elsewhere_after_log_in(steel, where):
    assert log_in(Client(), steel, next=where)["Location"] == "/"
    answer = Client().post("/language", {"language": "zh-hans", "next": where})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "3rd/", "3rd/signup/", "password/reset/done/"])
def test_nobody_signs_up(world, path):
    for client in (Client(), world.client("steel")):
        assert client.get(f"/account/{path}").status_code == 404
        assert client.post(f"/account/{path}", {"email": "new@example.org"}).status_code == 404
    assert not User.objects.filter(email="new@example.org").exists()


def invite(client, **given):
    return client.post("/p/one/members/", {"email": "new@example.org", "name": "New", "role": "auditor", **given})


def link_in(page):
    return page.content.decode().split('<code class="link">')[1].split("</code>")[0]


def test_an_invitation_sets_a_password_once(world):
    page = invite(world.client("administrator"))
    link = link_in(page).removeprefix("http://testserver")
    client = Client()
    form = client.get(link, follow=True)
    assert form.status_code == 200
    place = form.redirect_chain[-1][0]
    weak = client.post(place, {"password1": "123456789012", "password2": "123456789012"})
    assert weak.status_code == 200
    assert not User.objects.get(email="new@example.org").has_usable_password()
    short = client.post(place, {"password1": "x7_qé", "password2": "x7_qé"}, headers={"accept-language": "zh"})
    assert "密码太短，至少须有 12 个字符。" in short.content.decode()
    done = client.post(place, {"password1": PASSWORD, "password2": PASSWORD}, follow=True).content.decode()
    assert '<a class="button main" href="/account/login/">' in done
    user = User.objects.get(email="new@example.org")
    assert user.check_password(PASSWORD)
    again = Client().get(link, follow=True)
    assert "password1" not in again.content.decode()
    log_in(client, user)
    assert client.get("/p/one/audit/").status_code == 200


def test_a_facilitator_invites_for_firms_alone(world):
    client, firm = world.client("facilitator"), world.firms["cement"].pk
    for role in ("facilitator", "administrator", "auditor", "", "operator"):
        assert invite(client, role=role).status_code == 422
    assert invite(client, role="firm").status_code == 422
    assert invite(client, role="firm", firm=world.foreign["steel"].pk).status_code == 422
    assert not User.objects.filter(email="new@example.org", memberships__isnull=False).exists()
    assert invite(client, role="firm", firm=firm).status_code == 200
    assert Membership.objects.get(user__email="new@example.org").firm_id == firm


def test_no_account_is_made_where_no_role_is_given(world):
    invite(world.client("facilitator"), role="auditor")
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("email", ["", "x", "a@b", "a b@example.org", "<script>@example.org", "a@example.org\nBcc: b"])
def test_addresses_that_are_none(world, email):
    assert invite(world.client("administrator"), email=email).status_code == 422


def test_nobody_sets_the_password_of_who_may_more(world):
    """A link opens everything that its person may do: who may not give all of that gets none."""
    admin, firm = User.objects.create_user("boss@example.org"), world.firms["cement"].pk
    Membership.objects.create(park=world.one, user=admin, role=Role.ADMINISTRATOR)
    page = invite(world.client("facilitator"), email="boss@example.org", role="firm", firm=firm)
    assert page.status_code == 302
    mine = Membership.objects.get(user=admin, role="firm")
    page = world.client("facilitator").post(f"/p/one/members/{mine.pk}/link", follow=True)
    assert "No link was made" in page.content.decode()
    assert world.client("administrator").post(f"/p/one/members/{mine.pk}/link").status_code == 200


def test_a_forgotten_password_is_replaced_by_an_administrators_link(world, steel):
    membership = Membership.objects.get(user=steel)
    refused = world.client("facilitator").post(f"/p/one/members/{membership.pk}/link", follow=True)
    assert "No link was made" in refused.content.decode()
    link = link_in(world.client("administrator").post(f"/p/one/members/{membership.pk}/link"))
    client = Client()
    place = client.get(link.removeprefix("http://testserver"), follow=True).redirect_chain[-1][0]
    client.post(place, {"password1": "another good password", "password2": "another good password"})
    steel.refresh_from_db()
    assert steel.check_password("another good password")
    assert Audit.objects.filter(action="link for a password", park=world.one).count() == 1
    Membership.objects.create(park=world.two, user=steel, role=Role.AUDITOR)
    refused = world.client("administrator").post(f"/p/one/members/{membership.pk}/link", follow=True)
    assert "No link was made" in refused.content.decode()


def test_people_of_other_parks_are_not_taken_over(world):
    for email in ("stranger@example.org", "operator@example.org"):
        assert invite(world.client("administrator"), email=email).status_code == 422
    assert not Membership.objects.filter(user__email="stranger@example.org", park=world.one).exists()


def test_the_last_administrator_stays(world):
    own = Membership.objects.get(user=world.people["administrator"])
    client = world.client("administrator")
    client.post(f"/p/one/members/{own.pk}/remove")
    assert Membership.objects.filter(pk=own.pk).exists()
    other = User.objects.create_user("second@example.org")
    Membership.objects.create(park=world.one, user=other, role=Role.ADMINISTRATOR)
    client.post(f"/p/one/members/{own.pk}/remove")
    assert not Membership.objects.filter(pk=own.pk).exists()
    assert client.get("/p/one/members/").status_code == 404


def test_a_role_that_was_taken_opens_nothing_at_once(world):
    client = world.client("steel")
    assert client.get("/p/one/flows/").status_code == 200
    world.client("facilitator")
    Membership.objects.filter(user=world.people["steel"]).delete()
    assert client.get("/p/one/flows/").status_code == 404


def test_a_second_factor_is_asked_for(steel):
    client = Client()
    log_in(client, steel)
    asked = client.get("/account/2fa/totp/activate/", follow=True).redirect_chain
    assert asked[0][0].startswith("/account/reauthenticate/")
    page = client.post(asked[0][0], {"password": PASSWORD}, follow=True)
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page.content.decode())[1]
    assert "data:image/svg+xml" in page.content.decode()
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert client.post("/account/2fa/totp/activate/", {"code": code}).status_code == 302
    other = Client()
    assert log_in(other, steel)["Location"].startswith("/account/2fa/authenticate/")
    assert other.get("/p/one/").status_code == 302
    assert other.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert other.get("/p/one/").status_code == 302


def test_a_changed_password_ends_other_sessions(steel):
    one, two = Client(), Client()
    log_in(one, steel)
    log_in(two, steel)
    new = "another good password"
    done = one.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert done.status_code == 302
    assert two.get("/p/one/").status_code == 302


def test_a_link_is_bound_to_its_person(world):
    link = password_link(world.people["steel"])
    other = password_link(world.people["cement"])
    mixed = other.split("-")[0] + "-" + link.split("-", 1)[1]
    assert "password1" not in Client().get(mixed, follow=True).content.decode()


def test_new_parks_are_made_by_operators_alone(world):
    given = {"name": "Three", "slug": "three", "email": "three@example.org"}
    assert world.client("administrator").post("/parks/new", given).status_code == 404
    page = world.client("operator").post("/parks/new", given)
    assert "three" in User.objects.get(email="three@example.org").memberships.get().park.slug
    assert "/account/password/reset/key/" in page.content.decode()
    assert world.client("operator").get("/p/three/").status_code == 404
    for bad in ({"slug": ""}, {"slug": "one"}, {"email": "x"}, {"name": ""}):
        assert world.client("operator").post("/parks/new", given | {"slug": "four"} | bad).status_code == 422
