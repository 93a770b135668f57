"""A small installation: two parks that know nothing of each other, with people of every role."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from lichen.web.kept import forget
from lichen.web.models import FirmRow, FlowRow, Job, JobFile, Membership, Opportunity, ProcessRow, Role, User
from workbench import PASSWORD, client_of, inventory, park_of


@pytest.fixture(autouse=True)
def nothing_kept():
    """Forget what is kept by the numbers of rows: each test's rows begin with the same ones; return how to do it again."""

    def again():
        cache.clear()
        forget()
        connection.lichen_park = None  # what it was set to ended with the last test's transaction

    again()
    return again


@pytest.fixture
def world(db):
    """Return parks, firms and people by name."""
    one, two = park_of("one", inventory()), park_of("two", inventory(slag_sold=123.0))
    firms = {f.code: f for f in FirmRow.objects.filter(park=one)}
    foreign = {f.code: f for f in FirmRow.objects.filter(park=two)}
    people = {}
    for name, park, role, firm in (
        ("steel", one, Role.FIRM, firms["steel"]), ("cement", one, Role.FIRM, firms["cement"]),
        ("facilitator", one, Role.FACILITATOR, None), ("administrator", one, Role.ADMINISTRATOR, None),
        ("auditor", one, Role.AUDITOR, None), ("stranger", two, Role.FACILITATOR, None),
        ("foreigner", two, Role.FIRM, foreign["steel"]),
    ):  # fmt: skip
        people[name] = User.objects.create_user(f"{name}@example.org", name=name.title())
        Membership.objects.create(park=park, user=people[name], role=role, firm=firm)
    people["nobody"] = User.objects.create_user("nobody@example.org")
    people["operator"] = User.objects.create_user("operator@example.org", is_superuser=True)
    job = Job.objects.create(park=one, kind="none", about="none", state="done", ended=timezone.now())
    JobFile.objects.create(job=job, name="a.txt", content=b"a")
    shared = Opportunity.objects.create(park=one, key="shared", donor=firms["steel"], receiver=firms["cement"])
    others = Opportunity.objects.create(park=one, key="others", donor=firms["cement"], receiver=firms["shop"])
    return SimpleNamespace(
        one=one, shared=shared, others=others, two=two, job=job, firms=firms, foreign=foreign, people=people,
        client=lambda name, **more: client_of(people.get(name), **more),
        flow=lambda firm, **only: FlowRow.objects.filter(firm=firm, **only).first(),
        process=lambda firm, **only: ProcessRow.objects.filter(firm=firm, **only).first(),
    )  # fmt: skip


@pytest.fixture
def steel(world):
    """Return the account of a firm, which has a password."""
    user = world.people["steel"]
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def fields_of():
    """Return what a browser would send of a row's form as it was shown."""

    def fields(row, **changed):
        values = {key: repr(v) if isinstance(v, float) else str(v) for key, v in row.values.items()}
        return {**values, "version": str(row.version), **changed}

    return fields
