"""Small parks and exchange types for tests of discovery."""

from lichen.discover.find import discover
from lichen.discover.settings import Settings
from lichen.figures import Figure, Text
from lichen.inventory.values import Firm, Inventory, Place
from lichen.knowledge.values import Cap, Condition, Evidence, ExchangeType, Knowledge, Reference, Substitution
from parks import flow

SOURCE = Reference("test", "test")
NOTHING = Text("")
STEEL, CEMENT = "3120", "3011"


def firm(code, industry, at=None, **more):
    """Return a firm; ``at``: latitude and longitude."""
    return Firm(code, f"Firm {code}", industry, Place(*at, "WGS84", at) if at else None, **more)


def replaced(material, basis="", rate=None, low=None, high=None, unit="t/t"):
    """Return what a stream replaces."""
    figure = None if rate is None else Figure(rate, unit, "reported", "test", low, high)
    return Substitution(material, basis, figure)


def cap(of, high):
    return Cap(of, None, high, SOURCE)


def asked(
    code="c", quantity="composition", substances=("fCaO",), operator="<=", limit=4.0, unit="%", severity="required"
):
    """Return a condition."""
    return Condition(
        code, quantity, substances, operator, limit, unit, severity, Text(f"ask {code}", f"问 {code}"), "user", SOURCE
    )


def kind(
    code="t", donors=(STEEL,), receivers=(CEMENT,), streams=("slag.steel",), replaces=(), caps=(), conditions=(),
    status="implemented", carbon="none", carbon_factor="", **more,
):  # fmt: skip
    """Return an exchange type."""
    evidence = (Evidence("", status, SOURCE),) if status else ()
    texts = dict.fromkeys(("carbon_note", "additionality", "hazard", "note"), NOTHING) | more
    return ExchangeType(
        code, Text(f"Type {code}", f"类型 {code}"), tuple(donors), tuple(receivers), tuple(streams), tuple(replaces), "",
        tuple(caps), tuple(conditions), (), carbon, carbon_factor,
        texts["carbon_note"], None, "", texts["additionality"], texts["hazard"], evidence, (), (), (), texts["note"],
    )  # fmt: skip


def known(*types, cases=()):
    """Return a knowledge base of some types."""
    return Knowledge({t.id: t for t in types}, {}, {}, {}, {c.id: c for c in cases}, {})


def slag(value=100.0, who="steel", **more):
    """Return steel slag that is stored."""
    return flow(who, "", "out", "by-product", "steel slag", value, **({"fate": "stored"} | more))


def bought(name, value, unit="t/a", who="cement", role="raw material", **more):
    """Return what a firm takes in."""
    return flow(who, "", "in", role, name, value, unit, **more)


def made(name, value, who="cement", **more):
    """Return a product that is sold."""
    return flow(who, "", "out", "product", name, value, **({"fate": "sold"} | more))


def park(*flows, firms=None):
    """Return a park; without firms: a steelworks and a cement works 10 km apart."""
    default = (firm("steel", STEEL, (26.0, 106.0)), firm("cement", CEMENT, (26.09, 106.0)))
    return Inventory(default if firms is None else firms, (), flows)


def found(inventory, *types, year=2012, water=None, **settings):
    """Return what discovery finds with no types but these."""
    return discover(
        inventory, year, known(*types), Settings(**({"draws": 0} | settings)), water if water is not None else {}
    )


def only(result):
    """Return the one opportunity."""
    (one,) = result.opportunities
    return one


def codes(notes):
    return [n.code.split(".")[1] for n in notes]
