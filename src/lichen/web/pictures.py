"""Pictures of a park by the report's own functions: SVG text without scripts, kept until the park changes.

Maps are values beside their picture too: a browser with scripts draws them so that one can look closer and ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from lichen.errors import Language
from lichen.inventory.partners import firms_by_name, handovers
from lichen.inventory.values import Firm, Inventory
from lichen.report import svg
from lichen.report.map import MapLine, MapPoint, park_map
from lichen.report.park_pictures import material_name, park_sankey
from lichen.report.svg import Caption
from lichen.report.texts import Words
from lichen.web.kept import Kept
from lichen.web.models import FirmRow
from lichen.web.policy import Action, Scope, reach
from lichen.web.rows import reached, read, reader
from lichen.web.texts import words

MOST_LINES = 120
MAP_FILE = "map.json"
_pictures, _maps = Kept(32), Kept(32)


def pictures(scope: Scope, year: int, lang: Language) -> dict[str, SafeString]:
    """Return the pictures of what an account may read: the map, and the flows of mass and energy."""
    inventory = reached(scope)
    return _pictures.get((*reader(scope), year, lang), lambda: pictures_of(inventory, year, lang))


def map_drawn(scope: Scope, year: int, lang: Language) -> dict[str, Any]:
    """Return the values of the map of what an account may read."""
    inventory = reached(scope)
    return _maps.get(
        (*reader(scope), year, lang), lambda: map_values(inventory.firms, ties_of(inventory, year, lang), lang)
    )


def pictures_of(inventory: Inventory, year: int, lang: Language) -> dict[str, SafeString]:
    """Return the pictures of an inventory in a year by name."""
    return {
        "map": map_of(inventory, year, lang), "mass": sankey_of(inventory, year, "mass", lang),
        "energy": sankey_of(inventory, year, "energy", lang),
    }  # fmt: skip


def map_of(inventory: Inventory, year: int, lang: Language) -> SafeString:
    """Return the map of the firms and of what they hand to each other; empty if no firm has a place."""
    points = [
        MapPoint(f.id, f.name, *f.place.wgs84, note=f"{f.name} · {f.id}")
        for f in inventory.firms
        if f.place is not None
    ]
    names = {f.id: f.name for f in inventory.firms}
    ties = ties_of(inventory, year, lang)
    top = max((len(t.items) for t in ties), default=1)
    lines = [
        MapLine(t.donor, t.receiver, len(t.items) / top,
                note=f"{names[t.donor]} → {names[t.receiver]}: {', '.join(name for name, _ in t.items)}")
        for t in ties
    ]  # fmt: skip
    caption = Caption(
        words("map_title", lang), words("map_about", lang, firms=len(points), lines=len(lines)), width=720
    )
    return mark_safe(park_map(caption, points, lines))  # noqa: S308  # made by the report, which escapes every name


@dataclass(frozen=True)
class Tie:
    """What goes from one firm to another: texts, each with the address that it leads to or none; width in (0, 1]."""

    donor: str
    receiver: str
    items: tuple[tuple[str, str], ...]
    weight: float = 1.0
    colour: str = svg.BETTER


def ties_of(inventory: Inventory, year: int, lang: Language) -> list[Tie]:
    """Return what firms hand to each other in a year, most materials first."""
    said = Words(lang)
    flows = [f for f in inventory.flows if f.year == year]
    pairs: dict[tuple[str, str], list[str]] = {}
    for h in handovers(flows, firms_by_name(inventory)):
        if not h.internal:
            pairs.setdefault((h.donor, h.receiver), []).append(material_name(h.material, said))
    most = sorted(pairs.items(), key=lambda pair: -len(pair[1]))[:MOST_LINES]
    return [Tie(*ends, tuple((name, "") for name in names), len(names) / len(most[0][1])) for ends, names in most]


def map_values(firms: Iterable[Firm], ties: Iterable[Tie], lang: Language) -> dict[str, Any]:
    """Return what a browser draws a map from: the firms with a place, and the ties between them."""
    placed = {f.id: f for f in firms if f.place is not None}
    points = [
        {"id": f.id, "name": f.name, "lat": round(lat, 5), "lon": round(lon, 5)}
        for f in placed.values() if f.place is not None for lat, lon in (f.place.wgs84,)
    ]  # fmt: skip
    lines = [
        {"from": t.donor, "to": t.receiver, "items": t.items, "weight": t.weight, "colour": t.colour}
        for t in ties if t.donor in placed and t.receiver in placed
    ]  # fmt: skip
    said = {"closer": words("map_closer", lang), "further": words("map_further", lang)}
    return {"points": points, "lines": lines, "words": said}


_placed = Kept(16)


def firms_in_reach(scope: Scope) -> tuple[Firm, ...]:
    """Return the firms that an account may read, without what belongs to them."""
    rows = reach(scope, Action.READ_ROWS, FirmRow)
    return _placed.get(reader(scope), lambda: read({"firm": [row.values for row in rows]}).inventory.firms)


def map_with_links(scope: Scope, values: dict[str, Any], lang: Language) -> dict[str, Any]:
    """Return the values of a map with ways to each firm's page, and to what could go from it and to it.

    Empty without a firm. The beginnings of the addresses stand there once: a map may have thousands of firms.
    """
    if not values.get("points"):
        return {}
    firms = dict(reach(scope, Action.READ_ROWS, FirmRow).values_list("code", "pk"))
    listed = reverse("opportunities", args=[scope.park.slug])
    sides = {"donor": words("map_as_donor", lang), "receiver": words("map_as_receiver", lang)}
    return values | {
        "points": [p | {"pk": firms[p["id"]]} if p["id"] in firms else p for p in values["points"]],
        "firms": reverse("firms", args=[scope.park.slug]),
        "links": [(text, f"{listed}?{side}=") for side, text in sides.items()],
    }  # fmt: skip


def sankey_of(inventory: Inventory, year: int, layer: str, lang: Language) -> SafeString:
    """Return the flows of a layer by sector; empty if there are none."""
    return mark_safe(park_sankey(inventory, year, layer, "sector", Words(lang)))  # noqa: S308  # as above
