"""Make the illustrative firms of the Guiyang example: ``python examples/guiyang/make_firms.py [STUDY]``.

No firm here exists. Outputs are assumed (``firms/processes.csv``); flows follow from them by the ratios of
``firms/recipes.csv``, many of them the vocabulary's own profiles, or close the balance of an element. Every flow gets a
seeded error within its uncertainty, so that balances close nearly, as surveyed ones do. Two flows are fitted so that
the solid wastes agree with the published total of the city. See SOURCES.md.
"""

from __future__ import annotations

import csv
import random
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from lichen.figures import Figure
from lichen.inventory.places import from_wgs84, to_wgs84
from lichen.inventory.store import save
from lichen.inventory.values import Firm, Flow, Inventory, Place, Process
from lichen.units import factor
from lichen.vocabulary.elements import mass_shares
from lichen.vocabulary.factors import factor as known_factor
from lichen.vocabulary.materials import descends, material
from lichen.vocabulary.profiles import profiles

HERE = Path(__file__).parent
SEED, YEAR = 2015, 2012
FIVE = ("power-01", "phosphate-01", "phosphate-02", "aluminium-01", "alumina-01")  # the five largest
FITTED = (("phosphate-01", "flotation", "tailings.phosphate"), ("coalmine-01", "mine", "coal.gangue"))
"""The flows fitted to the published total: one of the five, one of the others."""
GROSS = ("cement-02", "mills", "in", "cement.clinker", 0.7)  # the one gross error on purpose: reported at 70 %
SOLID = ("by-product", "waste")
IDLE = ("stored", "landfill", "discharged", "incinerated")  # fates that leave a material unused


class Part(NamedTuple):
    """A part of a stream [dry], reported as one flow with its moisture [%]; ``told``: the row it comes from."""

    amount: float
    moisture: float
    fate: str
    partner: str
    told: dict[str, str]


@dataclass
class Stream:
    """All that a process takes or gives of one material [dry t, m3, Nm3, GJ, kWh a year]."""

    firm: str
    process: str
    recipe: dict[str, str]
    unit: str
    amount: float = 0.0
    source: str = ""
    extra: bool = False

    @property
    def name(self) -> tuple[str, str, str, str]:
        """Firm, process, direction, material."""
        return (self.firm, self.process, self.recipe["direction"], self.recipe["material"])

    @property
    def kind(self) -> dict[str, str]:
        """The row of ``firms/kinds.csv`` of its process."""
        return KINDS[PROCESSES[self.firm, self.process]["kind"]]

    @property
    def dry(self) -> float:
        """Dry share of the moist mass [1]."""
        return 1 - float(self.recipe["moisture"] or 0) / 100

    @property
    def reported(self) -> float:
        """Amount as it is weighed, moist."""
        return self.amount / self.dry


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a file in ``firms``."""
    return list(csv.DictReader((HERE / "firms" / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


FIRMS = {row["id"]: row for row in read("firms")}
KINDS = {row["kind"]: row for row in read("kinds")}
PROCESSES = {(row["firm"], row["id"]): row for row in read("processes")}
MATERIALS = {(row["kind"], row["material"]): row for row in read("materials")}
SEASONS = {row["season"]: tuple(float(m) / 100 for m in row["months"].split(";")) for row in read("seasons")}
EXCHANGES, FATES, GAPS, DISTRICTS = read("exchanges"), read("fates"), read("gaps"), read("districts")
RECIPES = read("recipes")
MIXED: dict[tuple[str, str], dict[str, float]] = {}  # composition of what is ground together, by firm and process


def noise(half: float, *key: str) -> float:
    """Return a factor about 1 that lies within ± ``half`` per cent, always the same for a key."""
    draw = random.Random("/".join((str(SEED), *key))).gauss(0, half / 196)  # noqa: S311
    return 1 + max(-half / 100, min(half / 100, draw))


def properties(stream: Stream) -> dict[str, str]:
    """Return composition and heating value: of the material in this kind of process, else of the material."""
    code = stream.recipe["material"]
    nothing = {"composition": "", "heating_value": ""}
    return MATERIALS.get((stream.kind["kind"], code)) or MATERIALS.get(("", code)) or nothing


def composition(stream: Stream) -> dict[str, float]:
    """Return substance → per cent of the dry mass."""
    if (stream.firm, stream.process) in MIXED and stream.recipe["role"] == "product":
        return MIXED[stream.firm, stream.process]
    pairs = (part.split() for part in properties(stream)["composition"].split(";") if part.strip())
    return {name: float(share) for name, share in pairs}


def content(stream: Stream, layer: str) -> float:
    """Return what a unit of a stream holds of a layer: mass, water, energy or an element."""
    special = {
        "energy": {"GJ": 1.0, "kWh": 0.0036}, "mass": {"t": 1 / stream.dry, "m3": 1.0},
        "water": {"t": 1 / stream.dry - 1, "m3": 1.0}, "dry mass": {"t": 1.0},
    }  # fmt: skip
    if layer in special:
        return special[layer].get(stream.unit, 0.0)
    shares = composition(stream).items() if stream.unit == "t" else ()
    return sum(share / 100 * mass_shares(name).get(layer, 0.0) for name, share in shares)


def ratio_of(kind: str, recipe: dict[str, str]) -> tuple[float, str, str]:
    """Return ratio, unit and source of a row: its own, or the vocabulary's profile."""
    word, _, other = recipe["ratio"].partition(" ")
    if word == "closes":
        return 0.0, recipe["unit"], f"closes the balance of {recipe['source']}"
    if word != "profile":
        return float(word), recipe["unit"], recipe["source"]
    wanted = (kind, other or recipe["material"], recipe["direction"])
    (ratio,) = [p.ratio for p in profiles() if (p.process, p.material, p.direction) == wanted]
    return ratio.value, ratio.unit, f"profile, {ratio.source.split(';')[0].split(':')[0].strip()}"


def streams_of(key: tuple[str, str]) -> list[Stream]:
    """Return the streams of a process whose amounts follow from its output."""
    process = PROCESSES[key]
    found: list[Stream] = []
    for row in RECIPES:
        if row["kind"] != process["kind"] or (row["only"] and key[0] not in row["only"].split()):
            continue
        recipe = row | {"material": process["product"] if row["material"] == "=product" else row["material"]}
        ratio, unit, source = ratio_of(process["kind"], recipe)
        unit, base = unit.split("/")
        per = [s.reported for s in found if s.recipe["material"] == row["per"]]
        amount = per[0] if row["per"] else float(process["output"]) * factor(process["unit"], f"{base}/a")
        found.append(Stream(*key, recipe, unit, ratio * amount, source))
        found[-1].amount *= found[-1].dry if row["role"] == "fuel" else 1  # ratios of fuels are as received, others dry
    return found


def with_extras(streams: dict[tuple[str, str], list[Stream]]) -> None:
    """Add what receivers take by an exchange beside their recipes, with the donor's moisture."""
    for row in EXCHANGES:
        donor, receiver = (row["donor"], row["donor_process"]), (row["receiver"], row["receiver_process"])
        if any(s.name[2:] == ("in", row["material"]) and not s.extra for s in streams[receiver]):
            continue
        (given,) = [s for s in streams[donor] if s.name[2:] == ("out", row["material"])]
        recipe = given.recipe | {"direction": "in", "role": row["role"], "ratio": "", "co2": ""}
        amount = given.reported if row["amount"] == "all" else float(row["amount"])
        if not any(s.name[2:] == ("in", row["material"]) for s in streams[receiver]):
            streams[receiver].append(Stream(*receiver, recipe, given.unit, 0.0, row["source"], extra=True))
        (taken,) = [s for s in streams[receiver] if s.name[2:] == ("in", row["material"])]
        taken.amount += amount * given.dry


def close(streams: list[Stream]) -> None:
    """Give every stream that closes a balance the amount that does."""
    for stream in streams:
        word, _, layer = stream.recipe["ratio"].partition(" ")
        if word != "closes":
            continue
        sign = {"in": 1, "out": -1}
        rest = sum(sign[s.recipe["direction"]] * s.amount * content(s, layer) for s in streams if s is not stream)
        stream.amount = -sign[stream.recipe["direction"]] * rest / content(stream, layer)
        assert stream.amount > 0, stream.name
    if streams[0].kind["closed"] == "mass;Ca":
        mix(streams)


def mix(streams: list[Stream]) -> None:
    """Give a product that is ground together the composition of its parts."""
    parts = [s for s in streams if s.recipe["direction"] == "in" and composition(s)]
    total = sum(s.amount for s in parts)
    names = dict.fromkeys(name for s in parts for name in composition(s))
    shares = {n: sum(s.amount * composition(s).get(n, 0.0) for s in parts) / total for n in names}
    MIXED[streams[0].name[:2]] = {k: round(v, 2) for k, v in shares.items() if v >= 0.3}


def parts_of(streams: dict[tuple[str, str], list[Stream]]) -> dict[tuple[str, ...], list[Part]]:
    """Return the parts of every stream: its exchanges, then the rest by its fates."""
    found: dict[tuple[str, ...], list[Part]] = {s.name: [] for group in streams.values() for s in group}
    by_name = {s.name: s for group in streams.values() for s in group}
    for row in EXCHANGES:
        give = by_name[row["donor"], row["donor_process"], "out", row["material"]]
        take = by_name[row["receiver"], row["receiver_process"], "in", row["material"]]
        wet = float(row["moisture"] or give.recipe["moisture"] or 0)
        whole = {"need": take.amount, "all": give.amount}
        amount = whole[row["amount"]] if row["amount"] in whole else float(row["amount"]) * (1 - wet / 100)
        fate = "reused on site" if row["donor"] == row["receiver"] else "treated" if row["role"] == "water" else "sold"
        found[give.name].append(Part(amount, wet, fate, row["receiver"], row | {"half": row["give"]}))
        found[take.name].append(Part(amount, wet, "", row["donor"], row | {"half": row["take"]}))
    for stream in by_name.values():
        rest = stream.amount - sum(p.amount for p in found[stream.name])
        assert rest > -0.005 * stream.amount, f"{stream.name} gives {rest} too much"
        if rest > 0.005 * stream.amount:
            wet = float(stream.recipe["moisture"] or 0)
            found[stream.name] += [Part(rest * share, wet, *where) for share, *where in fates_of(stream)]
    return found


def fates_of(stream: Stream) -> list[tuple[float, str, str, dict[str, str]]]:
    """Return share, fate, partner and details of what is not exchanged."""
    if stream.recipe["direction"] == "in":
        return [(1.0, "", "", {})]
    rows = [r for r in FATES if (r["firm"], r["process"], "out", r["material"]) == stream.name]
    if rows:
        new = [float(r["share"]) / (100 - float(r["from_stock"] or 0)) for r in rows]
        return [(share, r["fate"], r["partner"], r) for share, r in zip(new, rows, strict=True)]
    usual = [re.fullmatch(r"(.*?) ?(\d*)", text.strip()) for text in stream.recipe["fate"].split(";")]
    return [(float(found[2] or 100) / 100, found[1], "", {}) for found in usual]


def named(code: str, firm: str) -> str:
    """Return the name of a material in the firm's language."""
    return material(code).name("zh" if FIRMS[firm]["lang"] == "zh" else "en") if code else ""


def shown(amount: float, unit: str, firm: str) -> tuple[float, str]:
    """Return an amount of four digits in the unit that a firm would write."""
    large = "万吨/年" if FIRMS[firm]["lang"] == "zh" else "kt/a"
    step = {
        "t": (1e5, large), "kWh": (1e6, "GWh/a"), "MWh": (1e4, "GWh/a"), "GJ": (1e4, "TJ/a"),
        "Nm3": (1e6, "万Nm3/年"), "m3": (1e6, "万m3/年"),
    }  # fmt: skip
    to = step[unit][1] if amount >= step[unit][0] else f"{unit}/a"
    return float(f"{amount * factor(f'{unit}/a', to):.4g}"), to


def flow_of(stream: Stream, part: Part) -> Flow:
    """Return a part of a stream as the firm reports it: with an error within its uncertainty."""
    row, told = stream.recipe, part.told
    code, wet, waste = row["material"], row["moisture"] or part.moisture, row["role"] in SOLID
    half = float(told.get("half") or row["uncertainty"])
    error = GROSS[4] if stream.name == GROSS[:4] else 1.0
    error *= noise(half, *stream.name, part.fate, part.partner)
    value, unit = shown(part.amount / (1 - part.moisture / 100) * error, stream.unit, stream.firm)
    hazard = {"yes": "yes", "no": "no", "possible": "unknown"}.get(material(code).hazard, "") if waste else ""
    told_of = {name: float(row[name]) for name in ("temperature", "pressure") if row[name]}
    source = told["source"] if told.get("source", "").startswith("published") else f"ratio: {stream.source}"
    source = f"illustrative, make_firms.py; {source}"
    return Flow(
        stream.firm, stream.process, row["direction"], row["role"], code, named(code, stream.firm),
        Figure(value, unit, "assumed", source, value * (1 - half / 100), value * (1 + half / 100), YEAR), YEAR,
        moisture=part.moisture / 100 if wet else None, composition=composition_told(stream),
        heating_value=pair(properties(stream), "heating_value"), **told_of,
        fate=part.fate, partner=part.partner, price=pair(told, "price"), stock=pair(told, "stock"),
        disclosure=told.get("disclosure", ""), note=told.get("note", ""), hazard=hazard,
        from_stock=float(told["from_stock"]) / 100 if told.get("from_stock") else None,
        months=SEASONS.get(told.get("season") or row["months"], ()),
    )  # fmt: skip


def composition_told(stream: Stream) -> dict[str, float]:
    """Return the shares [1] as reported: of what is balanced, also what a flow is free of."""
    known = composition(stream)
    if stream.recipe["role"] not in ("heat", "electricity"):
        elements = [e for e in stream.kind["closed"].split(";") if mass_shares(e)]
        known |= {e: 0.0 for e in elements if not any(e in mass_shares(name) for name in known)}
    return {name: float(f"{share:.12g}") / 100 for name, share in known.items()}


def pair(row: dict[str, str], name: str) -> tuple[float, str] | None:
    """Return number and unit of a row; ``None`` if it has none."""
    return (float(row[name]), row[f"{name}_unit"]) if row.get(name) else None


def left_out(flow: Flow) -> bool:
    """Whether the firm leaves a flow out on purpose (``firms/gaps.csv``)."""
    same = [g for g in GAPS if (g["firm"], g["process"]) == (flow.firm, flow.process)]
    return any(flow.material in g["materials"].split(";") and g["direction"] in ("", flow.direction) for g in same)


def firm_of(row: dict[str, str]) -> Firm:
    """Return a firm, at a seeded place in its district."""
    (centre,) = [d for d in DISTRICTS if d["district"] == row["district"]]
    draw = random.Random(f"{SEED}/{row['id']}")  # noqa: S311
    place = [float(centre[k]) + draw.uniform(-0.05, 0.05) for k in ("latitude", "longitude")]
    told = [round(v, 4) for v in from_wgs84(*place, row["datum"])]
    return Firm(
        row["id"], row["name"], row["industry"], Place(*told, row["datum"], to_wgs84(*told, row["datum"])),
        int(row["employees"]), float(row["revenue"]) if row["revenue"] else None, row["disclosure"], row["size"],
    )  # fmt: skip


def process_of(row: dict[str, str]) -> Process:
    """Return a process; where flows of what it closes were left out on purpose, it is not closed."""
    kind = KINDS[row["kind"]]
    opened = any(g["opens"] for g in GAPS if (g["firm"], g["process"]) == (row["firm"], row["id"]))
    closed = () if opened else tuple(e for e in kind["closed"].split(";") if e)
    name = kind["name_zh"] if FIRMS[row["firm"]]["lang"] == "zh" else row["kind"]
    capacity, unit = [*row["capacity"].split(), row["unit"]][:2]
    return Process(
        row["firm"], row["id"], name, named(row["product"], row["firm"]), (float(capacity), unit),
        (float(row["output"]), row["unit"]), float(row["hours"]), SEASONS.get(row["season"], ()), closed,
    )  # fmt: skip


def generated(flow: Flow) -> float:
    """Return the industrial solid waste in a flow [t/a], as reported and without what comes from stock."""
    solid = material(flow.material).form == "solid" and flow.direction == "out" and flow.role in SOLID
    if not solid or FIRMS[flow.firm]["counted"] == "no":
        return 0.0
    return flow.quantity.to("t/a") * (1 - (flow.from_stock or 0.0))


def fitted(flows: list[Flow]) -> list[Flow]:
    """Return the flows with the two fitted ones set so that the totals are the published ones."""
    published = {row["id"]: float(row["value"]) for row in read("published")}
    five = published["solid waste"] * published["share of five"] / 100
    for name, target, mine in ((FITTED[0], five, True), (FITTED[1], published["solid waste"] - five, False)):
        free = [f for f in flows if (f.firm, f.process, f.material) == name and f.direction == "out"]
        others = sum(generated(f) for f in flows if (f.firm in FIVE) is mine and f not in free)
        scale = (target - others) / sum(generated(f) for f in free)
        assert scale > 0, f"other firms make more than the published {target:.0f} t/a: lower their outputs"
        print(f"fitted {' '.join(name)}: {scale:.3f} of its ratio")
        flows = [scaled(f, scale) if f in free else f for f in flows]
    return flows


def scaled(flow: Flow, scale: float) -> Flow:
    """Return a flow with another quantity and the same uncertainty."""
    value = float(f"{flow.quantity.value * scale:.7g}")
    low, high = (value * edge / flow.quantity.value for edge in (flow.quantity.low, flow.quantity.high))
    source = "illustrative, make_firms.py; fitted to the published total"
    return replace(flow, quantity=replace(flow.quantity, value=value, low=low, high=high, source=source))


def co2(streams: dict[tuple[str, str], list[Stream]]) -> float:
    """Return CO2 of fuels and processes [t/a] by the vocabulary's factors; waste and biomass are not counted."""
    total = 0.0
    for stream in (s for group in streams.values() for s in group if s.recipe["co2"]):
        amount = stream.reported
        for name in stream.recipe["co2"].split("*"):
            figure = known_factor(name)
            amount *= figure.value * (1e-3 if figure.unit.startswith(("kg", "MJ")) else 1)
        total += amount
    return total


def made() -> tuple[Inventory, float]:
    """Return the firms, and the CO2 of their fuels and processes [t/a]."""
    streams = {key: streams_of(key) for key in PROCESSES}
    with_extras(streams)
    for group in streams.values():
        close(group)
    parts = parts_of(streams)
    flows = [flow_of(s, part) for group in streams.values() for s in group for part in parts[s.name]]
    flows = fitted([f for f in flows if not left_out(f)])
    firms = tuple(firm_of(row) for row in FIRMS.values())
    return Inventory(firms, tuple(process_of(row) for row in PROCESSES.values()), tuple(flows)), co2(streams)


def totals(inventory: Inventory, co2_t: float) -> dict[str, float]:
    """Return the totals of the park by the ids of ``firms/published.csv``."""
    flows, all_firms = inventory.flows, sum(map(generated, inventory.flows))
    found = {"solid waste": all_firms, "co2": co2_t / 1e6}
    found["share of five"] = sum(generated(f) for f in flows if f.firm in FIVE) / all_firms * 100
    for code in ("slag.steel.bof", "ash.fly.coal", "scrap.steel"):
        took = [f for f in flows if (f.material, f.direction) == (code, "in") and "published" in f.quantity.source]
        found[code] = sum(f.quantity.to("t/a") for f in took)
    for name in (r["id"] for r in read("published") if r["id"].startswith("unused")):
        code = name.split()[1]
        # scrap is also unused by the city where it is melted elsewhere
        out = [f for f in flows if f.direction == "out" and f.role in SOLID and descends(f.material, code)]
        idle = [f for f in out if f.fate in IDLE or (code == "scrap.steel" and "outside the city" in f.partner)]
        found[name] = sum(f.quantity.to("t/a") for f in idle)
    return found


def main() -> None:
    """Write the inventory and print its totals beside the published ones."""
    inventory, co2_t = made()
    save(inventory, Path(sys.argv[1]) if sys.argv[1:] else HERE)
    found = totals(inventory, co2_t)
    print(f"{len(inventory.firms)} firms, {len(inventory.processes)} processes, {len(inventory.flows)} flows")
    for row in read("published"):
        print(f"{row['id']}: {found[row['id']]:.6g} {row['unit']}; published {row['value']}: {row['source']}")


if __name__ == "__main__":
    main()
