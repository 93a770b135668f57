"""Structural path analysis: which supply chains carry a footprint.

Textbook symbols: e = s L f = Σ s_i f_i + Σ s_i A_ij f_j + …; each term is the path of a supply chain. ``M`` = Lᵀ s: all
that lies upstream of a node with flow y, its own part included, is M y. A node is followed while that *subtree* is
above the cut-off; to cut by the node's own part loses large paths behind small nodes.

References
----------
Defourny, J. & Thorbecke, E. (1984) Econ. J. 94(373), 111-136. doi:10.2307/2232220
Peters, G. P. & Hertwich, E. G. (2006) Econ. Syst. Res. 18(2), 155-181. doi:10.1080/09535310600653008
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lichen.economy.leontief import System
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array, Labels, frozen

if TYPE_CHECKING:
    import pandas as pd

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Paths:
    """The largest supply chains of a footprint, by size.

    Parameters
    ----------
    sectors
        n labels.
    chains
        Places of the sectors of each path ``(p, depth)``: first the product finally used, then its supplier, and so on
        up to the emitter; −1 after the end.
    contributions
        Part of each path ``(p,)`` [unit/a], largest absolute value first.
    total
        e, all paths of any length [unit/a].
    found
        Number of paths above the cut-off, ``p`` or more.
    cutoff
        Smallest subtree that was followed [unit/a].
    """

    sectors: Labels
    chains: Places
    contributions: Array
    total: float
    found: int
    cutoff: float

    @property
    def orders(self) -> Places:
        """Number of purchases in each path ``(p,)``: 0 where the maker of the final product emits."""
        return np.asarray((self.chains >= 0).sum(axis=1) - 1)

    @property
    def remainder(self) -> float:
        """What the listed paths leave of the total [unit/a]."""
        return self.total - float(self.contributions.sum())

    @property
    def coverage(self) -> float:
        """Share of the total in the listed paths [-]; 1 where the total is 0 and so is the remainder."""
        return 1.0 - self.remainder / self.total if self.total else float(self.remainder == 0)

    def names(self, place: int) -> tuple[str, ...]:
        """Return the sectors of one path, from the product finally used to the emitter."""
        return tuple(self.sectors[i] for i in self.chains[place] if i >= 0)

    def frame(self) -> pd.DataFrame:
        """Return one row a path: its sectors, order, contribution and share of the total."""
        import pandas as pd

        share = self.contributions / self.total if self.total else np.zeros(len(self.contributions))
        return pd.DataFrame({
            "path": [" ← ".join(self.names(p)) for p in range(len(self.chains))], "order": self.orders,
            "contribution": self.contributions, "share": share, "cumulative": np.cumsum(share),
        })  # fmt: skip


def structural_paths(
    system: System, A: Array, s: npt.ArrayLike, f: npt.ArrayLike, sectors: Labels, *, threshold: float = 1e-4,
    cutoff: float | None = None, max_order: int = 30, max_paths: int = 1000, max_nodes: int = 5_000_000,
) -> Paths:  # fmt: skip
    """Rank the supply chains of the footprint s L f.

    Parameters
    ----------
    system
        Factorised I − A.
    A
        Coefficients ``(n, n)`` [-].
    s
        Direct intensities ``(n,)`` [unit/money], any sign.
    f
        Final demand ``(n,)`` [money/a], any sign.
    sectors
        n labels.
    threshold
        Smallest subtree that is followed, relative to the sum of |M| |f| (the total, where nothing is negative) [-],
        above 0.
    cutoff
        The same as a flow [unit/a], in place of ``threshold``; above 0.
    max_order
        Longest path in purchases, 0 or more.
    max_paths
        Most paths listed.
    max_nodes
        Most nodes visited before it is given up.

    Returns
    -------
    Paths
        Paths whose node is above the cut-off, by size; coverage and remainder say what they leave.

    Raises
    ------
    EconomyError
        Too many nodes; limits out of range; negative cells of A that leave paths without a bound.
    """
    n = (len(sectors),)
    A, s, f = frozen(A, n + n, "A", copy=True), frozen(s, n, "intensities"), frozen(f, n, "final demand")
    _require_limits(threshold if cutoff is None else cutoff, max_order, max_paths)
    bound = _bound(system, A, s)
    total = float(system.solve_transposed(np.array(s)) @ f)
    smallest = max(threshold * float(bound @ np.abs(f)), np.finfo(float).tiny) if cutoff is None else cutoff
    levels = _levels(A, bound, s, f, smallest, max_order, max_nodes)
    chains, contributions, found = _ranked(levels, s, max_paths)
    return Paths(tuple(sectors), chains, contributions, total, found, smallest)


def _require_limits(smallest: float, max_order: int, max_paths: int) -> None:
    problems = Problems()
    if not smallest > 0:
        problems.add("paths.range", what="threshold", found=str(smallest), allowed="> 0")
    if max_order < 0:
        problems.add("paths.range", what="max_order", found=str(max_order), allowed="≥ 0")
    if max_paths < 1:
        problems.add("paths.range", what="max_paths", found=str(max_paths), allowed="≥ 1")
    problems.raise_if_errors(EconomyError)


def _bound(system: System, A: Array, s: Array) -> Array:
    """Return M of |s| and |A| ``(n,)`` [unit/money]: no subtree of a node with flow y is larger than M |y|."""
    if not (A < 0).any():
        return np.abs(system.solve_transposed(np.abs(s)))
    I_A = np.eye(len(s)) - np.abs(A)
    try:
        both = np.linalg.solve(I_A.T, np.column_stack([np.abs(s), np.ones(len(s))]))
    except np.linalg.LinAlgError:
        both = np.full((len(s), 2), -1.0)
    if not (both[:, 1] > 0).all():
        problems = Problems()
        problems.add("paths.bound")
        problems.raise_if_errors(EconomyError)
    return np.asarray(both[:, 0])


_Level = tuple[Places, Places, Array]
"""Nodes of one order: sector, place of the buyer in the level before, flow y."""


def _levels(A: Array, bound: Array, s: Array, f: Array, cutoff: float, max_order: int, max_nodes: int) -> list[_Level]:
    """Return the nodes whose subtree is at least ``cutoff``, order by order."""
    weight = np.ascontiguousarray((bound[:, None] * np.abs(A)).T)  # subtree of supplier i per flow of buyer j, (j, i)
    upstream = bound - np.abs(s)
    first = np.flatnonzero((bound * np.abs(f) >= cutoff) & (f != 0))
    levels: list[_Level] = [(first, np.full(len(first), -1), f[first])]
    visited = len(first)
    while len(levels) <= max_order:
        node, _, y = levels[-1]
        open_nodes = np.flatnonzero(upstream[node] * np.abs(y) >= cutoff * (1.0 - 1e-12))
        parts = []
        for block in np.array_split(open_nodes, max(1, len(open_nodes) * len(s) // 2**18)):
            parent, supplier = np.nonzero(weight[node[block]] * np.abs(y[block])[:, None] >= cutoff)
            parts.append((supplier, block[parent]))
            visited += len(supplier)
            if visited > max_nodes:
                problems = Problems()
                problems.add("paths.too_many", limit=max_nodes, cutoff=f"{cutoff:.6g}")
                problems.raise_if_errors(EconomyError)
        supplier, parent = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        if not len(supplier):
            break
        levels.append((supplier, parent, A[supplier, node[parent]] * y[parent]))
    return levels


def _ranked(levels: list[_Level], s: Array, max_paths: int) -> tuple[Places, Array, int]:
    """Return chains and contributions of the largest paths, and how many paths there are."""
    values = np.concatenate([s[node] * y for node, _, y in levels])
    kept = np.flatnonzero(values)
    kept = kept[np.argsort(-np.abs(values[kept]), kind="stable")]
    chosen = kept[:max_paths]
    starts = np.cumsum([0] + [len(node) for node, _, _ in levels])
    order = np.searchsorted(starts, chosen, side="right") - 1
    chains = np.full((len(chosen), int(order.max(initial=0)) + 1), -1, dtype=np.intp)
    for depth in range(chains.shape[1]):
        rows = np.flatnonzero(order == depth)
        place = chosen[rows] - starts[depth]
        for step in range(depth, -1, -1):
            chains[rows, step] = levels[step][0][place]
            place = levels[step][1][place]
    return chains, values[chosen], len(kept)
