"""Tables of sums over firms for tests, and an attacker who is written without the code under test."""

import itertools

import numpy as np
from scipy.optimize import linprog

from lichen.release import flat, sum_table, tree


def drawn(seed, firms=14, sectors=4, sizes=None, years=0, groups=2, signed=False, owners=0):
    """A random table: sector → group → park, by year if wanted."""
    rng = np.random.default_rng(seed)
    sides = [tree("sector", {f"s{i}": (f"g{i % groups}", "park") for i in range(sectors)})]
    if years:
        sides.append(flat("year", [f"y{y}" for y in range(years)], "all years"))
    rows = []
    for f in range(firms):
        size = float(np.exp(rng.normal(2, sizes or 1.2)))
        sector = f"s{int(rng.integers(sectors))}"
        for y in range(max(years, 1)):
            value = round(size * float(rng.uniform(0.7, 1.3)), 2) * (-1 if signed and rng.random() < 0.2 else 1)
            if rng.random() < 0.06:
                value = 0.0
            rows.append((f"f{f}", (sector, f"y{y}")[: len(sides)], value))
    holdings = {f"f{f}": f"h{int(rng.integers(owners))}" for f in range(firms)} if owners else None
    return sum_table(sides, *zip(*rows, strict=True), holdings)


class Attacker:
    """Knows what is released; bounds sums of what is not. Unknowns are the leaf cells, whatever the package does."""

    def __init__(self, table, released, who=None):
        self.table = table
        shape = table.shape
        lines = [[d.line(i) for i in range(len(d.nodes))] for d in table.dimensions]
        self.leaves = list(itertools.product(*(d.leaves for d in table.dimensions)))
        self.flat = [int(np.ravel_multi_index(leaf, shape)) for leaf in self.leaves]
        self.column = {leaf: j for j, leaf in enumerate(self.leaves)}
        self.below = np.zeros((int(np.prod(shape)), len(self.leaves)))
        for j, leaf in enumerate(self.leaves):
            for cell in itertools.product(*(line[i] for line, i in zip(lines, leaf, strict=True))):
                self.below[int(np.ravel_multi_index(cell, shape)), j] = 1
        told = [i for i, cell in enumerate(released.cells) if cell.value is not None]
        self.equal, self.values = self.below[told], np.array([released.cells[i].value for i in told])
        reporters = table.reports.sum(axis=0)
        self.own = np.zeros(len(self.leaves)) if who is None else table.shares[who, self.flat]
        self.bounds = []
        for j, cell in enumerate(self.flat):
            alone = who is not None and reporters[cell] == 1 and table.reports[who, cell]
            if reporters[cell] == 0 or alone:
                self.bounds.append((self.own[j], self.own[j]))
            else:
                self.bounds.append((None, None) if table.signed else (self.own[j], None))

    def interval(self, cells):
        """Bounds on the sum of cells of the whole table."""
        wanted = self.below[list(cells)].sum(axis=0)
        ends = []
        for sign in (1, -1):
            done = linprog(sign * wanted, A_eq=self.equal if len(self.equal) else None,
                           b_eq=self.values if len(self.equal) else None, bounds=self.bounds)  # fmt: skip
            assert done.status in (0, 3), done.message
            ends.append(sign * (done.fun if done.status == 0 else -np.inf))
        return ends[0], ends[1]


def closest(table, release, p, whom=None):
    """How close anybody comes to a firm: the least distance from a firm's part over its part, and who, whom, where."""
    found = (np.inf, None)
    size = np.abs(table.shares)
    for who in [None, *range(len(table.holdings))]:
        attacker = Attacker(table, release.released, who)
        for cell in np.flatnonzero(release.pattern.withheld):
            own = 0.0 if who is None else table.shares[who, cell]
            others = [h for h in np.flatnonzero(table.shares[:, cell]) if h != who]
            if not others:
                continue
            low, high = attacker.interval([cell])
            largest = max(others, key=lambda h: size[h, cell])
            part = float(table.shares[largest, cell])
            distance = (high - own) / part - 1
            if len(others) == 1:  # everybody knows that there is one
                distance = min(distance, 1 - (low - own) / part)
            found = min(found, (distance, (who, int(largest), table.nodes(int(cell)))), key=lambda f: f[0])
    return found
