"""Sankey diagrams with cycles, as SVG text: materials that come back are drawn coming back.

The layout is our own and deterministic. Links that close a cycle are led around the diagram as loops with arrow
heads; a link from a node to itself is a small loop below it. Thickness is to scale, but at least 1 px; a link without a
value, or in another unit than the diagram's, is a dashed hairline: it is shown, and it is not to scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lichen.report import _frame, svg
from lichen.report import _sankey_draw as draw
from lichen.report._sankey_labels import Area, Spot, spots
from lichen.report._sankey_layout import Layout, place
from lichen.report._sankey_stage import NODE_WIDTH, Box, Flow
from lichen.report.svg import Caption

LABEL_SIZE, LINK_SIZE, LEAD = 12.0, 11.0, 14.0
OUTER_LABEL = 150.0
LINK_SHARE = 0.34
MOST_LABELS = 80


@dataclass(frozen=True)
class SankeyNode:
    """A firm, a sector, a city; ``column`` fixes its place, counted from the left."""

    id: str
    label: str
    column: int | None = None
    colour: str | None = None
    note: str = ""


@dataclass(frozen=True)
class SankeyLink:
    """A flow. ``value`` None: not quantified. ``unit``: only where it is not the diagram's.

    ``label`` is drawn with the quantity behind it; ``text`` replaces both, and "" leaves only the tooltip.
    """

    source: str
    target: str
    value: float | None
    label: str = ""
    kind: str = ""
    unit: str | None = None
    text: str | None = None
    note: str = ""


@dataclass(frozen=True)
class SankeyKind:
    """A kind of links, for example existing, new, left out of totals."""

    id: str
    label: str
    colour: str
    dashed: bool = False


def exchange_kinds(existing: str, new: str, excluded: str) -> tuple[SankeyKind, SankeyKind, SankeyKind]:
    """The three kinds of an exchange network, ``existing``, ``new`` and ``excluded``, with the reader's words."""
    return (
        SankeyKind("existing", existing, "#7B8891"),
        SankeyKind("new", new, svg.BETTER),
        SankeyKind("excluded", excluded, svg.WORSE, dashed=True),
    )


def exchange_network(caption: Caption, links: Sequence[SankeyLink], kinds: Sequence[SankeyKind] = ()) -> str:
    """Exchanges with donors on the left and receivers on the right; who is both stands on both sides.

    ``source`` and ``target`` of the links are the names to show.
    """
    donors = dict.fromkeys(link.source for link in links)
    receivers = dict.fromkeys(link.target for link in links)
    nodes = [SankeyNode(f"donor {name}", name, 0) for name in donors]
    nodes += [SankeyNode(f"receiver {name}", name, 1) for name in receivers]
    sided = [replace(link, source=f"donor {link.source}", target=f"receiver {link.target}") for link in links]
    return sankey(caption, nodes, sided, kinds)


def sankey(
    caption: Caption, nodes: Sequence[SankeyNode], links: Sequence[SankeyLink], kinds: Sequence[SankeyKind] = ()
) -> str:
    """The diagram; it grows beyond ``caption.width`` only where its columns need more."""
    diagram = layout(caption, nodes, links, kinds)
    texts = _texts(caption, links)
    body, top = [*_legend(caption, links, kinds)[0]], _legend(caption, links, kinds)[1]
    hints = _hints(caption, nodes, links)
    for index in sorted(range(len(links)), key=lambda found: (-diagram.links[found].thickness, found)):
        style = _style(links[index], nodes, kinds)
        to_scale = _to_scale(caption, links[index])
        placed = diagram.links[index]
        body.append(draw.drawn_link(placed, style.colour, hints[index], dashed=style.dashed, to_scale=to_scale))
    passing = _passing(caption, links)
    for node, bar in zip(nodes, diagram.nodes, strict=True):
        hint = _node_hint(caption, node, *passing.get(node.id, (0.0, 0.0)))
        body.append(draw.drawn_node(bar, node.colour, _lines(node), hint, LABEL_SIZE, LEAD))
    for text, spot, hint, placed in zip(texts, _spots(diagram, nodes, texts, top), hints, diagram.links, strict=True):
        body.append(draw.drawn_text(text, spot, LINK_SIZE, hint, placed) if spot else "")
    return svg.document(caption, diagram.width, diagram.height, body)


def layout(
    caption: Caption, nodes: Sequence[SankeyNode], links: Sequence[SankeyLink], kinds: Sequence[SankeyKind] = ()
) -> Layout:
    """Where everything lies, in the order of nodes and links."""
    _check(caption, nodes, links, kinds)
    number = {node.id: position for position, node in enumerate(nodes)}
    boxes = [Box(node.column, *_label_size(node)) for node in nodes]
    flows = [
        Flow(number[link.source], number[link.target], _value(caption, link), bool(text))
        for link, text in zip(links, _texts(caption, links), strict=True)
    ]
    return place(boxes, flows, caption.width, _legend(caption, links, kinds)[1])


def _check(
    caption: Caption, nodes: Sequence[SankeyNode], links: Sequence[SankeyLink], kinds: Sequence[SankeyKind]
) -> None:
    if not nodes or not links:
        raise ValueError(f"“{svg.clean(caption.title)}” has no flows: a Sankey diagram needs at least one")
    for what, found in (("node", [node.id for node in nodes]), ("kind", [kind.id for kind in kinds])):
        doubled = next((name for name, count in Counter(found).items() if count > 1), None)
        if doubled is not None:
            raise ValueError(f"{what} “{svg.clean(doubled)}” is given twice: ids must be unique")
    known, known_kinds = {node.id for node in nodes}, {kind.id for kind in kinds}
    for link in links:
        for end in (link.source, link.target):
            if end not in known:
                raise ValueError(f"“{svg.clean(end)}” is not among the nodes: add it, or mend the link’s end")
        if link.kind and link.kind not in known_kinds:
            raise ValueError(f"“{svg.clean(link.kind)}” is not among the kinds: add it, or mend the link’s kind")
        if link.value is not None and svg.finite(link.value, _name(link)) < 0:
            raise ValueError(f"“{svg.clean(_name(link))}” is {link.value}: a flow is not negative; turn it round")


def _name(link: SankeyLink) -> str:
    return f"{link.source} → {link.target}" + (f" ({link.label})" if link.label else "")


def _to_scale(caption: Caption, link: SankeyLink) -> bool:
    return bool(link.value) and link.unit in (None, caption.unit)


def _value(caption: Caption, link: SankeyLink) -> float:
    return svg.finite(link.value or 0.0, _name(link)) if _to_scale(caption, link) else 0.0


def _quantity(caption: Caption, link: SankeyLink) -> str:
    if link.value is None:
        return ""
    unit = caption.unit if link.unit is None else link.unit
    return f"{svg.format_number(link.value, caption.digits)} {unit}".strip()


def _lines(node: SankeyNode) -> tuple[str, ...]:
    return svg.wrap(node.label, OUTER_LABEL, LABEL_SIZE, 3)


def _label_size(node: SankeyNode) -> tuple[float, float]:
    lines = _lines(node)
    return max(svg.text_width(line, LABEL_SIZE) for line in lines), LEAD * len(lines)


def _hints(caption: Caption, nodes: Sequence[SankeyNode], links: Sequence[SankeyLink]) -> list[str]:
    names = {node.id: node.label for node in nodes}
    hints = []
    for link in links:
        told = ", ".join(part for part in (link.label, _quantity(caption, link), link.note) if part)
        hints.append(f"{names[link.source]} → {names[link.target]}" + (f": {told}" if told else ""))
    return hints


def _passing(caption: Caption, links: Sequence[SankeyLink]) -> dict[str, tuple[float, float]]:
    """What comes in and what goes out at each node, as far as it is to scale."""
    passing: dict[str, tuple[float, float]] = {}
    for link in links:
        value = _value(caption, link)
        for name, comes, goes in ((link.source, 0.0, value), (link.target, value, 0.0)):
            before = passing.get(name, (0.0, 0.0))
            passing[name] = before[0] + comes, before[1] + goes
    return passing


def _node_hint(caption: Caption, node: SankeyNode, incoming: float, outgoing: float) -> str:
    parts = [node.label, node.note]
    parts += [f"→ {caption.quantity(incoming)}"] if incoming else []
    parts += [f"{caption.quantity(outgoing)} →"] if outgoing else []
    return " · ".join(part for part in parts if part)


def _spots(diagram: Layout, nodes: Sequence[SankeyNode], texts: Sequence[str], top: float) -> list[Spot | None]:
    taken = []
    for node, bar in zip(nodes, diagram.nodes, strict=True):
        taken.append(Area(bar.x - 3, bar.y, bar.x + NODE_WIDTH + 3, bar.y + bar.height))
        taken.append(draw.label_area(bar, *_label_size(node)))
    for link in diagram.links:
        taken += [draw.arrow_area(arrow, link.thickness) for arrow in draw.arrows(link)]
    sizes = [(svg.text_width(text, LINK_SIZE) + 4, LINK_SIZE + 4) if text else None for text in texts]
    return spots(diagram.links, sizes, taken, Area(0, top, diagram.width, diagram.height))


def _texts(caption: Caption, links: Sequence[SankeyLink]) -> list[str]:
    """What is written on each link; in a crowd only the largest are named."""
    texts, most = [], LINK_SHARE * caption.width
    for link in links:
        quantity = _quantity(caption, link)
        room = most - svg.text_width(quantity, LINK_SIZE)
        named = " ".join(part for part in (svg.fit(link.label, room, LINK_SIZE), quantity) if part)
        texts.append(named if link.text is None else svg.fit(link.text, most, LINK_SIZE))
    if len(links) > MOST_LABELS:
        by_size = sorted(range(len(links)), key=lambda index: (-_value(caption, links[index]), index))
        largest = set(by_size[:MOST_LABELS])
        texts = [text if index in largest else "" for index, text in enumerate(texts)]
    return texts


def _style(link: SankeyLink, nodes: Sequence[SankeyNode], kinds: Sequence[SankeyKind]) -> SankeyKind:
    for kind in kinds:
        if kind.id == link.kind:
            return kind
    source = next(node for node in nodes if node.id == link.source)
    return SankeyKind("", "", source.colour or svg.PALETTE[-1])


def _legend(
    caption: Caption, links: Sequence[SankeyLink], kinds: Sequence[SankeyKind]
) -> tuple[tuple[str, ...], float]:
    used = {link.kind for link in links}
    keys = [_frame.Key(kind.label, _KindGlyph(kind), 16.0) for kind in kinds if kind.id in used]
    parts, height = _frame.legend(keys, caption.width)
    return parts, height + 6


@dataclass(frozen=True)
class _KindGlyph:
    kind: SankeyKind

    def __call__(self, x: float, y: float) -> str:
        fill = "0.12" if self.kind.dashed else "0.5"
        dash = "3 2" if self.kind.dashed else None
        edge = self.kind.colour if self.kind.dashed else None
        return svg.rect(x, y - 4, 16, 8, self.kind.colour, fill_opacity=fill, stroke=edge, stroke_dasharray=dash)
