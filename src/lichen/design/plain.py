"""A network as two plain tables, so that any published instance can be solved.

nodes.csv: one row for what a node has or needs of a stream, or for a size that it can be built in.

| column | is |
|---|---|
| ``node`` | code; the only column that has to be there |
| ``stream`` | what; empty: the one stream of the instance |
| ``supply``, ``demand`` | amounts; empty: 0 |
| ``must`` | ``yes``: all of the supply has to go; empty or ``no``: some may be left |
| ``left MEASURE [unit]`` | what a unit left over brings |
| ``short MEASURE [unit]`` | what a unit not delivered brings; a demand without any such value has to be met |
| ``capacity``, ``fixed MEASURE [unit]`` | a size for all that leaves the node; several rows of one node: at most one |

arcs.csv: one row a link.

| column | is |
|---|---|
| ``from``, ``to`` | codes of nodes |
| ``id`` | code; empty: ``from>to``, with the stream where there are several |
| ``stream``, ``becomes``, ``rate`` | what is taken, what is handed over, how much per unit; empty: the same, 1 |
| ``capacity``, ``least`` | at most, at least; empty: no bound, 0 |
| ``MEASURE [unit]`` | what a unit brings, e.g. ``cost [CNY/t]``; ``cost [1]`` where an instance names no currency |
| ``fixed MEASURE [unit]`` | what it brings once if the link is used |

A measure's unit per unit of the stream stands in brackets; without it the column is refused. ``cost`` is money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from lichen.design.network import Demand, Facility, Link, Measure, Network, Node, Step, Stream, Supply
from lichen.errors import InputError, Problem, Problems, Where
from lichen.labelled import suggest
from lichen.numerals import parse_number
from lichen.sheets import Sheet, is_blank, read_sheets

_HEAD = re.compile(r"(?:(left|short|fixed)\s+)?([a-z][a-z0-9_ ]*?)\s*\[(.+)\]")
_NODE = ("node", "stream", "supply", "demand", "must", "capacity", "name")
_ARC = ("id", "from", "to", "stream", "becomes", "rate", "capacity", "least", "length_km")
ONLY = "flow"
"""Stream of an instance that names none."""
MONEY = "cost"


@dataclass(frozen=True)
class _Column:
    """A column with numbers of a measure: "", "left", "short" or "fixed"; measure; its unit; per which unit."""

    part: str
    measure: str
    unit: str
    per: str


@dataclass(frozen=True)
class _Row:
    """A row: texts and numbers by their heads, and its place."""

    texts: Mapping[str, str]
    numbers: Mapping[str, float]
    measures: Mapping[str, Mapping[str, float]]
    where: Where


def read_plain(nodes: str | Path, arcs: str | Path) -> Network:
    """Return the network of two tables; the layout is described above.

    Raises
    ------
    FileError
        If a file cannot be opened.
    InputError
        With every cell that is wrong. What contradicts itself as a network is told by
        :func:`lichen.design.check.check`.
    """
    problems = Problems()
    units: dict[str, str] = {}
    pers: set[str] = set()
    node_rows = list(_rows(read_sheets(nodes)[0], _NODE, ("node",), problems, units, pers))
    arc_rows = list(_rows(read_sheets(arcs)[0], _ARC, ("from", "to"), problems, units, pers))
    if len(pers - {""}) > 1:
        problems.add("design.two_units", Where(str(Path(arcs).name)), found=sorted(pers))
    told = {name for row in arc_rows for name in row.measures.get("", {})}
    for row in arc_rows:
        for name in sorted(told - set(row.measures.get("", {}))):
            problems.add("design.missing", row.where, measure=name, unit=f"{units[name]}/{next(iter(pers), '1')}")
    problems.raise_if_errors(InputError)
    names = dict.fromkeys(row.texts["node"] for row in node_rows)
    streams = dict.fromkeys(row.texts.get(key) or ONLY for row in arc_rows for key in ("stream",))
    streams |= dict.fromkeys(row.texts["becomes"] for row in arc_rows if row.texts.get("becomes"))
    streams |= dict.fromkeys(row.texts.get("stream") or next(iter(streams), ONLY) for row in node_rows)
    per = next(iter(pers - {""}), "1")
    only = next(iter(streams))
    links = tuple(_links(arc_rows, len(streams) > 1))
    supplies, demands = _ends(node_rows, only)
    return Network(
        tuple(Measure(name, unit, money=name == MONEY) for name, unit in units.items()),
        tuple(Stream(s, per) for s in streams), tuple(Node(n) for n in names), supplies, demands, links,
        (*_sizes(node_rows, links), *_charges(arc_rows, links, supplies, problems)),
    )  # fmt: skip


def _rows(
    sheet: Sheet, known: Sequence[str], wanted: Sequence[str], problems: Problems, units: dict[str, str], pers: set[str]
) -> Iterator[_Row]:
    """Yield the rows of a table; heads and cells that are wrong become problems."""
    heads: list[str | _Column | None] = []
    for j, cell in enumerate(sheet.rows[0] if sheet.rows else ()):
        heads.append(_head(str(cell or "").strip(), known, sheet.where(0, j), problems, units, pers))
    for name in wanted:
        if name not in heads:
            problems.add("design.no_column", sheet.place, name=name, known=list(known))
    if not problems.ok:
        return
    for i in range(1, len(sheet.rows)):
        texts: dict[str, str] = {}
        numbers: dict[str, float] = {}
        measures: dict[str, dict[str, float]] = {}
        for j, head in enumerate(heads):
            cell = sheet.cell(i, j)
            if head is None or is_blank(cell):
                continue
            if isinstance(head, str) and head in ("id", "node", "from", "to", "stream", "becomes", "must", "name"):
                texts[head] = str(cell).strip()
                continue
            number = parse_number(cell, ".", sheet.where(i, j))
            if isinstance(number, Problem):
                problems.extend([number])
            elif isinstance(head, _Column):
                measures.setdefault(head.part, {})[head.measure] = number
            else:
                numbers[head] = number
        if not (texts or numbers or measures):
            continue
        for name in wanted:
            if name not in texts:
                problems.add("design.empty_cell", sheet.where(i, heads.index(name)), name=name)
        if texts.get("must", "no").lower() not in ("yes", "no"):
            problems.add("design.yes_no", sheet.where(i, heads.index("must")), found=texts["must"])
        yield _Row(texts, numbers, measures, sheet.where(i, 0))


def _head(
    text: str, known: Sequence[str], where: Where, problems: Problems, units: dict[str, str], pers: set[str]
) -> str | _Column | None:
    """Return what a column is; an empty head is skipped."""
    bracket = text.find("[")
    text = text.lower() if bracket < 0 else text[:bracket].lower() + text[bracket:]  # units mind their case
    if not text or text in known:
        return text or None
    found = _HEAD.fullmatch(text)
    if not found:
        bare = text.removeprefix("fixed ").removeprefix("left ").removeprefix("short ")
        if bare == MONEY or text.startswith(("fixed ", "left ", "short ")):
            problems.add("design.column_unit", where, name=text)
        else:
            problems.add("design.column", where, name=text, near=suggest(text, known) or "–", known=list(known))
        return None
    part, measure, spelled = found.group(1) or "", found.group(2), found.group(3).strip()
    unit, _, per = spelled.partition("/")
    if units.setdefault(measure, unit) != unit:
        problems.add("design.unit", where, measure=measure, found=spelled, wanted=units[measure])
    if part != "fixed":
        pers.add(per or ("1" if spelled == "1" else ""))
    return _Column(part, measure, unit, per)


def _links(rows: Sequence[_Row], several: bool) -> Iterator[Link]:
    for row in rows:
        texts, numbers = row.texts, row.numbers
        stream = texts.get("stream") or ONLY
        name = texts.get("id") or f"{texts['from']}>{texts['to']}" + (f" {stream}" if several else "")
        yield Link(
            name, texts["from"], texts["to"], stream, row.measures.get("", {}), texts.get("becomes", ""),
            numbers.get("rate", 1.0), numbers.get("capacity", inf), numbers.get("least", 0.0), numbers.get("length_km"),
        )  # fmt: skip


def _ends(rows: Sequence[_Row], only: str) -> tuple[tuple[Supply, ...], tuple[Demand, ...]]:
    supplies, demands = [], []
    for row in rows:
        node, stream = row.texts["node"], row.texts.get("stream") or only
        supply, demand = row.numbers.get("supply", 0.0), row.numbers.get("demand", 0.0)
        if supply:
            must = row.texts.get("must", "no").lower() == "yes"
            supplies.append(Supply(node, stream, supply, row.measures.get("left", {}), must))
        if demand:
            short = row.measures.get("short", {})
            demands.append(Demand(node, stream, demand, short, must=not short))
    return tuple(supplies), tuple(demands)


def _sizes(rows: Sequence[_Row], links: Sequence[Link]) -> Iterator[Facility]:
    """Yield a facility for each node with sizes, over all that leaves it."""
    steps: dict[str, list[Step]] = {}
    for row in rows:
        if "capacity" in row.numbers:
            mine = steps.setdefault(row.texts["node"], [])
            mine.append(Step(f"size {len(mine) + 1}", row.numbers["capacity"], row.measures.get("fixed", {})))
    for node, sizes in steps.items():
        leaving = {link.id: 1.0 for link in links if link.origin == node}
        if leaving:
            yield Facility(f"node {node}", leaving, tuple(sizes))


def _charges(
    rows: Sequence[_Row], links: Sequence[Link], supplies: Sequence[Supply], problems: Problems
) -> Iterator[Facility]:
    """Yield a facility for each link with a fixed charge; without a capacity it can carry all there is."""
    total = sum(s.amount for s in supplies if isinstance(s.amount, float))
    grows = any(link.rate > 1 for link in links)
    for row, link in zip(rows, links, strict=True):
        fixed = row.measures.get("fixed", {})
        if not any(fixed.values()):
            continue
        if link.capacity == inf and grows:
            problems.add("design.needs_capacity", row.where, link=link.id)
        room = link.capacity if link.capacity < inf else total
        yield Facility(f"use of {link.id}", {link.id: 1.0}, (Step("used", room, fixed),))
    problems.raise_if_errors(InputError)


def from_cap(text: str, capacity: float | None = None) -> tuple[str, str]:
    """Return nodes.csv and arcs.csv of a capacitated warehouse location problem in the layout of the OR-Library.

    The layout: number of warehouses m and of customers n; for each warehouse capacity and fixed cost; for each customer
    demand, then the cost of serving all of it from each of the m warehouses. Beasley, J. E. (1990) J. Oper. Res. Soc.
    41(11), 1069–1072, doi:10.1057/jors.1990.166.

    Parameters
    ----------
    text
        The file.
    capacity
        Capacity of each warehouse, for files that write the word ``capacity`` in its place.

    Raises
    ------
    InputError
        If numbers are missing or left over, or the capacity is a word and none is given.
    """
    words, problems = text.split(), Problems()
    if "capacity" in words and capacity is None:
        problems.add("design.cap_capacity")
        problems.raise_if_errors(InputError)
    try:
        values = [float(capacity or 0) if w == "capacity" else float(w) for w in words]
        m, n = int(values[0]), int(values[1])
    except (ValueError, IndexError):
        values, m, n = [], 0, 0
    wanted = 2 + 2 * m + n * (1 + m)
    if not values or len(values) != wanted:
        problems.add("design.cap_length", found=len(words), wanted=wanted)
        problems.raise_if_errors(InputError)
    nodes, arcs = ["node,supply,demand,capacity,fixed cost [1]"], ["from,to,cost [1]"]
    for i in range(m):
        room, fixed = values[2 + 2 * i : 4 + 2 * i]
        nodes.append(f"w{i + 1},{room!r},,{room!r},{fixed!r}")
    at = 2 + 2 * m
    for j in range(n):
        demand, *costs = values[at + j * (m + 1) : at + (j + 1) * (m + 1)]
        nodes.append(f"c{j + 1},,{demand!r},,")
        arcs += [f"w{i + 1},c{j + 1},{cost / demand if demand else 0.0!r}" for i, cost in enumerate(costs)]
    return "\n".join(nodes) + "\n", "\n".join(arcs) + "\n"
