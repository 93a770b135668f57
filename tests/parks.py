"""Small parks for tests."""

from lichen.figures import Figure
from lichen.inventory.values import Firm, Flow, Inventory, Process
from lichen.vocabulary.materials import material_named


def flow(firm, process, direction, role, name, value, unit="t/a", half=0.05, year=2012, **more):
    """Return a flow with a 95 % half-width of the share ``half``."""
    known = material_named(name)
    quantity = Figure(value, unit, "measured", "test", value * (1 - half), value * (1 + half))
    return Flow(firm, process, direction, role, known.code if known else "", name, quantity, year, **more)


def steelworks(slag_sold=200.0, slag_taken=206.0, iron_to=905.0):
    """Return a steelworks that is completely listed for iron, and a cement works that takes its slag."""
    ore = {"Fe": 0.6}
    return Inventory(
        (Firm("steel", "Steelworks", "3120"), Firm("cement", "Cement works", "3011"), Firm("shop", "Repair shop", "4310")),
        (Process("steel", "bf", "blast furnace", closed=("Fe",)), Process("steel", "bof", "converter", closed=("Fe",)),
         Process("cement", "mill", "mill", closed=("mass",))),
        (
            flow("steel", "bf", "in", "raw material", "iron ore", 1500, composition=ore),
            flow("steel", "bf", "in", "fuel", "metallurgical coke", 450),
            flow("steel", "bf", "out", "product", "pig iron", 940, composition={"Fe": 0.94}, fate="reused on site", partner="steel"),
            flow("steel", "bf", "out", "by-product", "granulated blast furnace slag", 300, composition={"FeO": 0.01, "CaO": 0.4}, fate="stored"),
            flow("steel", "bof", "in", "raw material", "pig iron", iron_to, composition={"Fe": 0.94}, partner="steel"),
            flow("steel", "bof", "out", "product", "crude steel", 860, composition={"Fe": 0.98}, fate="sold"),
            flow("steel", "bof", "out", "by-product", "steel slag", slag_sold, composition={"Fe": 0.2, "CaO": 0.42}, fate="sold", partner="Cement works"),
            flow("cement", "mill", "in", "raw material", "steel slag", slag_taken, partner="steel"),
            flow("cement", "mill", "in", "raw material", "cement clinker", 800),
            flow("cement", "mill", "out", "product", "portland cement", 1010, fate="sold"),
            flow("cement", "", "in", "electricity", "electricity", 40, "MWh/a"),
            flow("shop", "", "out", "waste", "steel scrap", 5, fate="sold", partner="somebody outside"),
        ),
    )  # fmt: skip
