"""A park of nine firms with waste, of which tables are released."""

from lichen.inventory.survey import survey_of
from lichen.inventory.values import Firm, Inventory
from lichen.web.models import FirmRow, Membership, Role, User
from parks import flow
from surveys import sheets_of
from workbench import park_of

SECTORS = {
    "a": "3011",
    "b": "3011",
    "c": "3012",
    "d": "3011",
    "e": "1513",
    "f": "3120",
    "g": "3120",
    "h": "3130",
    "i": "3110",
}
VALUES = {"a": 400, "b": 350, "c": 300, "d": 250, "e": 900, "f": 800, "g": 700, "h": 600, "i": 500}


def park_with(values):
    """Return cement works, steelworks and a lone brewery, each with some solid waste."""
    firms = tuple(Firm(code, f"Firm {code.upper()}", SECTORS[code]) for code in values)
    flows = tuple(
        flow(code, "", "out", "waste", "steel slag", tonnes, fate="landfill") for code, tonnes in values.items()
    )
    return survey_of("s.xlsx", sheets_of(Inventory(firms, (), flows))).inventory


def town_of():
    """Return the park, with people of all roles."""
    park = park_of("town", park_with(VALUES))
    for role in ("facilitator", "administrator", "auditor"):
        Membership.objects.create(park=park, role=role, user=User.objects.create_user(f"{role}@example.org"))
    firm = FirmRow.objects.get(park=park, code="e")
    Membership.objects.create(park=park, role=Role.FIRM, firm=firm, user=User.objects.create_user("firm@example.org"))
    return park
