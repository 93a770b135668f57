"""Concordances: which part of each source sector goes to which target sector."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lichen.errors import LabelError, Problems
from lichen.labelled import Array, Labels, as_labels, frozen, suggest

Row = tuple[str, str, float | str]
"""``(from, to, share)``; the share is a number or the word :data:`BY_OUTPUT`."""
BY_OUTPUT = "output"
"""Share of a row whose source is split in proportion to the sizes of its targets."""


@dataclass(frozen=True, eq=False)
class Concordance:
    """The shares with which source sectors go to target sectors.

    Parameters
    ----------
    source_labels, target_labels
        n and m labels.
    weights
        W ``(n, m)`` [-], 0 or more; the shares of each source add up to 1 within 1e-9, so that totals are kept.
    source, target
        Names of the two classifications, where they have one.
    final_users
        Targets that are final users (households), not sectors: what goes there is their own direct flow.
    allow_empty
        Whether a target may get nothing.

    Raises
    ------
    LabelError
        Labels, shape or numbers that cannot be used; shares that do not add up to 1; targets that get nothing.
    """

    source_labels: Labels
    target_labels: Labels
    weights: Array
    source: str = ""
    target: str = ""
    final_users: Labels = ()
    allow_empty: bool = False

    def __post_init__(self) -> None:
        sources = as_labels(self.source_labels, "source labels")
        targets = as_labels(self.target_labels, "target labels")
        W = frozen(self.weights, (len(sources), len(targets)), "weights of the concordance")
        problems = Problems()
        for i, j in np.argwhere(W < 0):
            problems.add("concordance.negative", source=sources[i], target=targets[j])
        totals = W.sum(axis=1)
        for i in np.flatnonzero(np.abs(totals - 1.0) > 1e-9):
            problems.add("concordance.not_one", source=sources[i], total=f"{totals[i]:.10g}")
        if not self.allow_empty and (empty := ~W.any(axis=0)).any():
            problems.add("concordance.empty_target", names=[targets[j] for j in np.flatnonzero(empty)])
        for label in self.final_users:
            if label not in targets:
                near = suggest(label, targets) or "–"
                problems.add("labels.unknown", what="final users of the concordance", label=label, near=near)
        problems.raise_if_errors(LabelError)
        object.__setattr__(self, "source_labels", sources)
        object.__setattr__(self, "target_labels", targets)
        object.__setattr__(self, "weights", W)

    @classmethod
    def from_rows(
        cls, rows: Iterable[Row], *, source_labels: Sequence[str], target_labels: Sequence[str],
        sizes: Mapping[str, float] | None = None, source: str = "", target: str = "", final_users: Sequence[str] = (),
        allow_empty: bool = False,
    ) -> Concordance:  # fmt: skip
        """Make a concordance from its rows.

        Parameters
        ----------
        rows
            ``(from, to, share)``; the share is a number 0…1, its text, or ``"output"``: split in proportion to
            ``sizes``.
        source_labels, target_labels
            Labels in the wanted order.
        sizes
            Size of each target of an ``"output"`` split, e.g. its output; any unit, 0 or more.

        Raises
        ------
        LabelError
            Unknown, unmapped or doubled labels; shares that are no shares; sizes that are missing or all 0.
        """
        sources, targets = as_labels(source_labels, "source labels"), as_labels(target_labels, "target labels")
        problems = Problems()
        shares = _by_source(rows, sources, targets, problems)
        mapped = list(shares)
        for label in sources:
            if label not in shares:
                problems.add("concordance.unmapped", label=label, near=suggest(label, mapped) or "–")
        reached = {to for parts in shares.values() for to in parts}
        if (empty := [t for t in targets if t not in reached]) and not allow_empty:
            problems.add("concordance.empty_target", names=empty)
        W = np.zeros((len(sources), len(targets)))
        for label in sources:
            for to, part in _numbers(label, shares.get(label, {}), sizes or {}, problems).items():
                W[sources.index(label), targets.index(to)] = part
        problems.raise_if_errors(LabelError)
        return cls(sources, targets, W, source, target, tuple(final_users), allow_empty=True)

    def then(self, other: Concordance) -> Concordance:
        """Return the concordance that goes on from this one's targets by ``other``.

        The two must be the same set of labels; final users stay as they are.
        """
        between = [t for t in self.target_labels if t not in self.final_users]
        missing = [t for t in between if t not in other.source_labels]
        unknown = [s for s in other.source_labels if s not in between]
        if missing or unknown:
            problems = Problems()
            problems.add("concordance.chain", missing=missing or "–", unknown=unknown or "–")
            problems.raise_if_errors(LabelError)
        order = [other.source_labels.index(t) for t in between]
        own = self.weights[:, [self.target_labels.index(t) for t in between]]
        users = self.weights[:, [self.target_labels.index(t) for t in self.final_users]]
        return Concordance(
            self.source_labels, (*other.target_labels, *self.final_users),
            np.hstack([own @ other.weights[order], users]), self.source, other.target,
            (*other.final_users, *self.final_users), allow_empty=True,
        )  # fmt: skip

    def relabelled(
        self, source_labels: Sequence[str] | None = None, target_labels: Sequence[str] | None = None
    ) -> Concordance:
        """Return the same weights under other labels, by place, e.g. names instead of codes."""
        targets = tuple(target_labels or self.target_labels)
        named = dict(zip(self.target_labels, targets, strict=False))
        return replace(
            self, source_labels=tuple(source_labels or self.source_labels), target_labels=targets,
            final_users=tuple(named.get(label, label) for label in self.final_users),
        )  # fmt: skip


def _by_source(
    rows: Iterable[Row], sources: Labels, targets: Labels, problems: Problems
) -> dict[str, dict[str, float | str]]:
    """Return the rows as source → target → share, with every fault of a label or a share added to ``problems``."""
    shares: dict[str, dict[str, float | str]] = {}
    for label, to, raw in rows:
        if label not in sources:
            problems.add("concordance.unknown_source", label=label, near=suggest(label, sources) or "–")
            continue
        if to not in targets:
            problems.add("concordance.unknown_target", source=label, label=to, near=suggest(to, targets) or "–")
        elif to in shares.get(label, {}):
            problems.add("concordance.doubled", source=label, target=to)
        elif (share := _share(raw)) is None:
            problems.add("concordance.share", source=label, target=to, found=str(raw))
        else:
            shares.setdefault(label, {})[to] = share
            continue
        shares.setdefault(label, {})  # told once: a faulty row is not also an unmapped source
    return shares


def _share(raw: float | str) -> float | str | None:
    if isinstance(raw, str) and raw.strip() == BY_OUTPUT:
        return BY_OUTPUT
    try:
        number = float(raw)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def _numbers(
    label: str, parts: Mapping[str, float | str], sizes: Mapping[str, float], problems: Problems
) -> dict[str, float]:
    """Return the shares of one source as numbers."""
    plain = {to: part for to, part in parts.items() if not isinstance(part, str)}
    if len(plain) == len(parts):
        return plain
    targets = list(parts)
    missing = [to for to in targets if to not in sizes]
    bad = [to for to in targets if to in sizes and not (math.isfinite(sizes[to]) and sizes[to] >= 0)]
    total = sum(sizes[to] for to in targets) if not missing and not bad else 0.0
    if plain:
        problems.add("concordance.mixed", source=label)
    elif missing:
        problems.add("concordance.no_sizes", source=label, targets=targets, missing=missing)
    elif bad:
        problems.add("concordance.bad_size", source=label, targets=targets, bad=bad)
    elif not total:
        problems.add("concordance.zero_sizes", source=label, targets=targets)
    else:
        return {to: sizes[to] / total for to in targets}
    return {}
