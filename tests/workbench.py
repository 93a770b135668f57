"""Small installations of the workbench for tests."""

from django.test import Client

from lichen.inventory.survey import survey_of
from lichen.web.models import Park
from lichen.web.store import Origin, write_all
from parks import steelworks
from surveys import sheets_of

PASSWORD = "correct horse battery staple"


def inventory(**more):
    """Return a park as it is read from a file: a steelworks, a cement works, a repair shop."""
    return survey_of("s.xlsx", sheets_of(steelworks(**more))).inventory


def client_of(user=None, **more):
    """Return a browser, logged in without a password."""
    client = Client(**more)
    if user is not None:
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def park_of(slug, found):
    park = Park.objects.create(slug=slug, name=slug.title(), name_zh=f"{slug}园区")
    write_all(park, found, Origin(None, "test"))
    return Park.objects.get(pk=park.pk)
