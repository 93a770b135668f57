"""Pictures of a park by the report's own functions: SVG text without scripts, kept until the park changes."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

from lichen.errors import Language
from lichen.inventory.partners import firms_by_name, handovers
from lichen.inventory.values import Inventory
from lichen.report.map import MapLine, MapPoint, park_map
from lichen.report.park_pictures import material_name, park_sankey
from lichen.report.svg import Caption
from lichen.report.texts import Words
from lichen.web.kept import Kept
from lichen.web.policy import Scope
from lichen.web.rows import reached, reader
from lichen.web.texts import words

MOST_LINES = 120
_pictures = Kept(32)


def pictures(scope: Scope, year: int, lang: Language) -> dict[str, SafeString]:
    """Return the pictures of what an account may read: the map, and the flows of mass and energy."""
    inventory = reached(scope)
    return _pictures.get((*reader(scope), year, lang), lambda: pictures_of(inventory, year, lang))


def pictures_of(inventory: Inventory, year: int, lang: Language) -> dict[str, SafeString]:
    """Return the pictures of an inventory in a year by name."""
    return {
        "map": map_of(inventory, year, lang), "mass": sankey_of(inventory, year, "mass", lang),
        "energy": sankey_of(inventory, year, "energy", lang),
    }  # fmt: skip


def map_of(inventory: Inventory, year: int, lang: Language) -> SafeString:
    """Return the map of the firms and of what they hand to each other; empty if no firm has a place."""
    said = Words(lang)
    points = [
        MapPoint(f.id, f.name, *f.place.wgs84, note=f"{f.name} · {f.id}")
        for f in inventory.firms
        if f.place is not None
    ]
    names = {f.id: f.name for f in inventory.firms}
    flows = [f for f in inventory.flows if f.year == year]
    pairs: dict[tuple[str, str], list[str]] = {}
    for h in handovers(flows, firms_by_name(inventory)):
        if not h.internal:
            pairs.setdefault((h.donor, h.receiver), []).append(material_name(h.material, said))
    top = max((len(m) for m in pairs.values()), default=1)
    lines = [
        MapLine(donor, receiver, len(m) / top, note=f"{names[donor]} → {names[receiver]}: {', '.join(m)}")
        for (donor, receiver), m in sorted(pairs.items(), key=lambda pair: -len(pair[1]))[:MOST_LINES]
    ]
    caption = Caption(
        words("map_title", lang), words("map_about", lang, firms=len(points), lines=len(lines)), width=720
    )
    return mark_safe(park_map(caption, points, lines))  # noqa: S308  # made by the report, which escapes every name


def sankey_of(inventory: Inventory, year: int, layer: str, lang: Language) -> SafeString:
    """Return the flows of a layer by sector; empty if there are none."""
    return mark_safe(park_sankey(inventory, year, layer, "sector", Words(lang)))  # noqa: S308  # as above
