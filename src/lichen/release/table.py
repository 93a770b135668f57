"""A table of sums over firms: dimensions with their trees, who contributes what to which cell, what adds up to what."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from lichen.errors import LabelError, Problems
from lichen.labelled import suggest
from lichen.release.rules import Array

Ints = npt.NDArray[np.int64]
MOST_CELLS: Final = 20_000
MOST_ENTRIES: Final = 40_000_000
"""Holdings times cells that are looked at."""


@dataclass(frozen=True)
class Dimension:
    """One side of a table as a tree: a node without children holds firms, another the sum of its children.

    Parameters
    ----------
    name, nodes
        Its name, and the names of its nodes.
    parents
        Place of each node's parent; -1: it has none.
    """

    name: str
    nodes: tuple[str, ...]
    parents: tuple[int, ...]

    def __post_init__(self) -> None:
        problems = Problems()
        if len(set(self.nodes)) < len(self.nodes):
            twice = sorted({n for n in self.nodes if self.nodes.count(n) > 1})
            problems.add("release.doubled_node", dimension=self.name, nodes=twice)
        if len(self.parents) != len(self.nodes) or not self._is_forest():
            problems.add("release.no_tree", dimension=self.name)
        problems.raise_if_errors(LabelError)

    def _is_forest(self) -> bool:
        for start in range(len(self.nodes)):
            at = start
            for _ in range(len(self.nodes) + 1):
                if at == -1:
                    break
                if not 0 <= at < len(self.parents):
                    return False
                at = self.parents[at]
            else:
                return False
        return bool(self.nodes)

    def children(self, node: int) -> tuple[int, ...]:
        """Return the places of a node's children."""
        return tuple(i for i, parent in enumerate(self.parents) if parent == node)

    @property
    def leaves(self) -> tuple[int, ...]:
        """Places of the nodes without children."""
        return tuple(i for i in range(len(self.nodes)) if i not in self.parents)

    def line(self, node: int) -> tuple[int, ...]:
        """Return a node and those above it."""
        found = []
        while node != -1:
            found.append(node)
            node = self.parents[node]
        return tuple(found)


def flat(name: str, leaves: Sequence[str], total: str = "") -> Dimension:
    """Return a dimension of leaves, under one ``total`` where that has a name."""
    if not total:
        return Dimension(name, tuple(leaves), (-1,) * len(leaves))
    return Dimension(name, (total, *leaves), (-1, *(0 for _ in leaves)))


def tree(name: str, paths: Mapping[str, Sequence[str]]) -> Dimension:
    """Return a dimension from leaf → the nodes above it, from the nearest to the highest.

    >>> tree("industry", {"cement": ("minerals", "park"), "steel": ("metals", "park")}).nodes
    ('park', 'minerals', 'cement', 'metals', 'steel')

    Raises
    ------
    LabelError
        If a node has two parents.
    """
    above: dict[str, str] = {}
    problems = Problems()
    for leaf, path in paths.items():
        for node, parent in zip((leaf, *path), (*path, ""), strict=True):
            if above.setdefault(node, parent) != parent:
                problems.add("release.two_parents", dimension=name, node=node, parents=[above[node], parent])
    problems.raise_if_errors(LabelError)
    nodes: list[str] = []
    for leaf, path in paths.items():
        nodes += [node for node in (*reversed(path), leaf) if node not in nodes]
    place = {node: i for i, node in enumerate(nodes)}
    return Dimension(name, tuple(nodes), tuple(place.get(above[n], -1) for n in nodes))


@dataclass(frozen=True, eq=False)
class SumTable:
    """Sums over firms, cell by cell.

    Parameters
    ----------
    dimensions
        Its sides; a cell is one node of each, counted with the last side fastest.
    holdings
        Who contributes: firms under one owner are one.
    shares
        ``(h, n)``, what each holding contributes to each cell.
    reports
        ``(h, n)``, whether it reports for the cell, be it zero.
    relations
        ``(m, n)``: each row has 1 at a sum and -1 at its parts; it times the cells' sums is zero.
    """

    dimensions: tuple[Dimension, ...]
    holdings: tuple[str, ...]
    shares: Array
    reports: npt.NDArray[np.bool_]
    relations: Any

    @property
    def sums(self) -> Array:
        """``(n,)``, the sum of each cell."""
        return np.asarray(self.shares.sum(axis=0))

    @property
    def reported(self) -> npt.NDArray[np.bool_]:
        """``(n,)``, whether anybody reports for a cell."""
        return np.asarray(self.reports.sum(axis=0) > 0)

    @property
    def signed(self) -> bool:
        """Whether a contribution is negative, so that no sum is known to be zero or more."""
        return bool((self.shares < 0).any())

    @property
    def shape(self) -> tuple[int, ...]:
        """Nodes of each side."""
        return tuple(len(d.nodes) for d in self.dimensions)

    def nodes(self, cell: int) -> tuple[str, ...]:
        """Return the names of a cell's nodes."""
        places = np.unravel_index(cell, self.shape)
        return tuple(d.nodes[int(i)] for d, i in zip(self.dimensions, places, strict=True))

    def leaf(self) -> npt.NDArray[np.bool_]:
        """Return ``(n,)``, which cells hold no other."""
        sides = [np.isin(np.arange(len(d.nodes)), d.leaves) for d in self.dimensions]
        made = sides[0]
        for side in sides[1:]:
            made = np.logical_and.outer(made, side)
        return np.asarray(made.ravel())


def sum_table(
    dimensions: Sequence[Dimension], firms: Sequence[str], places: Sequence[Sequence[str]], values: Sequence[float],
    holdings: Mapping[str, str] | None = None,
) -> SumTable:  # fmt: skip
    """Add contributions up to a table.

    Parameters
    ----------
    dimensions
        The sides.
    firms, places, values
        Row by row: who, the leaf on each side, how much. Rows of one holding in one cell count as one contribution.
    holdings
        Firm → its owner, where that is another.

    Raises
    ------
    LabelError
        If a row names no leaf (the nearest is told), a value is not finite, or the table is too large.
    """
    known = [{d.nodes[i]: i for i in d.leaves} for d in dimensions]
    problems = Problems()
    count = int(np.prod([len(d.nodes) for d in dimensions]))
    owners = [(holdings or {}).get(firm, firm) for firm in firms]
    names = tuple(dict.fromkeys(owners))
    if count > MOST_CELLS or count * len(names) > MOST_ENTRIES:
        problems.add("release.too_large", cells=count, most=MOST_CELLS)
        problems.raise_if_errors(LabelError)
    shares, reports = np.zeros((len(names), count)), np.zeros((len(names), count), dtype=bool)
    row_of, shape = {name: i for i, name in enumerate(names)}, [len(d.nodes) for d in dimensions]
    for firm, owner, place, value in zip(firms, owners, places, values, strict=True):
        wrong = [(d.name, leaf, near) for d, leaf, near in zip(dimensions, place, known, strict=True)
                 if leaf not in near]  # fmt: skip
        for side, leaf, near in ((n, x, suggest(x, list(k))) for (n, x, k) in wrong):
            problems.add("release.no_leaf", firm=firm, dimension=side, leaf=leaf, near=near or "–")
        if not np.isfinite(value):
            problems.add("release.not_finite", firm=firm, found=str(value))
        if wrong or not np.isfinite(value):
            continue
        lines = [d.line(near[leaf]) for d, leaf, near in zip(dimensions, place, known, strict=True)]
        cells = [int(np.ravel_multi_index(nodes, shape)) for nodes in itertools.product(*lines)]
        shares[row_of[owner], cells] += value
        reports[row_of[owner], cells] = True
    problems.raise_if_errors(LabelError)
    return SumTable(tuple(dimensions), names, shares, reports, _relations(dimensions, shape))


def families(dimensions: Sequence[Dimension]) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield side, parent cell and its child cells, for every sum along one side."""
    shape = [len(d.nodes) for d in dimensions]
    cells = np.arange(int(np.prod(shape))).reshape(shape)
    for side, dimension in enumerate(dimensions):
        for node in range(len(dimension.nodes)):
            children = dimension.children(node)
            if children:
                parents = np.take(cells, node, axis=side).ravel()
                parts = np.take(cells, children, axis=side)
                parts = np.moveaxis(parts, side, -1).reshape(-1, len(children))
                for parent, part in zip(parents, parts, strict=True):
                    yield side, int(parent), tuple(map(int, part))


def _relations(dimensions: Sequence[Dimension], shape: Sequence[int]) -> Any:
    rows: list[int] = []
    columns: list[int] = []
    signs: list[float] = []
    count = 0
    for number, (_, parent, parts) in enumerate(families(dimensions)):
        rows += [number] * (1 + len(parts))
        columns += [parent, *parts]
        signs += [1.0, *(-1.0 for _ in parts)]
        count = number + 1
    return sparse.csr_array((signs, (rows, columns)), shape=(count, int(np.prod(shape))))
