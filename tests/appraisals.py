"""A small study with all costs told, to be appraised by hand; a brick works that wants to settle there."""

from dataclasses import replace

from discoveries import firm
from lichen.figures import Figure
from lichen.inventory.store import save
from lichen.inventory.values import Flow, Inventory
from lichen.study.new import new_study
from surveys import sheets_of, write

FIRMS = (
    firm("power", "4411", (26.0, 106.0)), firm("cement", "3011", (26.09, 106.0)), firm("shop", "4310", (26.0, 106.1)),
)  # fmt: skip
COSTS = """item,key,value,low,high,unit,kind,source,year,note
transport,road,0.5,0.4,0.8,CNY/(t km),assumed,test,2012,
disposal,ash.fly.coal,20,10,30,CNY/t,assumed,test,2012,
price,cement.clinker,260,200,300,CNY/t,reported,test,2012,
treatment,ash.fly.coal,15,10,25,CNY/t,estimated,test,2012,
investment,power>ash.fly.coal>cement,2000000,1500000,3000000,CNY,estimated,test,2012,
"""


def flow(name, direction, role, material, amount, unit="kt/a", half=0.1, **more):
    """Return a measured flow of 2012."""
    quantity = Figure(amount, unit, "measured", "scale", amount * (1 - half), amount * (1 + half))
    return Flow(name, "", direction, role, material, material, quantity, 2012, **more)


ASH = flow("power", "out", "by-product", "ash.fly.coal", 50, fate="stored")
CLINKER = flow("cement", "in", "raw material", "cement.clinker", 900)
CEMENT = flow("cement", "out", "product", "cement.portland", 1000, fate="sold")


def study(folder, costs=COSTS, flows=(ASH, CLINKER, CEMENT), firms=FIRMS, settings="", design=""):
    """Write a study of a power station whose ash can take the place of a cement works' clinker."""
    new_study(folder)
    save(Inventory(firms, (), tuple(flows)), folder)
    (folder / "costs.csv").write_text(costs, encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    plain = (
        f'[design]\ndiscount_rate = {{ value = 8, unit = "%/a", kind = "reported", source = "made-up" }}\n{design}\n'
    )
    (folder / "study.toml").write_text(f"{text}\n{plain}\n{settings}\n", encoding="utf-8")
    return folder


BRICK = replace(firm("brick", "3031", (26.05, 106.0)), revenue=12_000.0, employees=150)
BRICK_FLOWS = (
    flow("brick", "in", "raw material", "mineral.clay", 80), flow("brick", "in", "fuel", "coal.raw", 6),
    flow("brick", "out", "waste", "ash.bottom.coal", 1, fate="stored"), flow("brick", "in", "water", "water.fresh", 30),
)  # fmt: skip
ADDED, LAND = Figure(4000, "万元/a", "reported", "t"), Figure(30, "亩", "reported", "t")


def threshold(of="energy", per="revenue", low=None, high=None, unit="tce/万元", code="one", more=""):
    ends = "".join(
        f'{name} = {{ value = {value}, unit = "{unit}", kind = "reported", source = "made-up" }}\n'
        for name, value in (("low", low), ("high", high)) if value is not None
    )  # fmt: skip
    return f'[[settle.threshold]]\nid = "{code}"\nof = "{of}"\nper = "{per}"\n{ends}{more}\n'


def newcomer(tmp_path, flows=BRICK_FLOWS, firms=(BRICK,)):
    return write(tmp_path / "new.xlsx", sheets_of(Inventory(tuple(firms), (), tuple(flows))))
