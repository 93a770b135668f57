"""Runs side by side: what they bring, which exchanges they share, what they change in sectors."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from lichen.errors import Language
from lichen.web.models import JobState
from lichen.web.policy import Action, Scope, reach
from lichen.web.run_models import Run, RunKind

MOST = 4
"""Runs that are compared."""


def named_in(scope: Scope, names: Sequence[str]) -> list[Run]:
    """Return the runs that an address names, as far as the account may start such runs itself."""
    found = []
    for name in list(dict.fromkeys(names))[: 2 * MOST]:
        try:
            key = uuid.UUID(name)
        except ValueError:
            continue
        found += list(reach(scope, Action.START_RUNS, Run).filter(pk=key)[:1])
    return found


def comparable(named: Sequence[Run]) -> list[Run]:
    """Return those of some runs that are done and of the first one's kind: designs or scenarios."""
    done = [run for run in named if run.state == JobState.DONE]
    return [run for run in done if run.kind == done[0].kind and run.kind in (RunKind.DESIGN, RunKind.SCENARIO)][:MOST]


def currency_of(runs: Iterable[Run]) -> str:
    """Return the currency of some results; where they differ, all of them in the order of the runs."""
    return " / ".join(dict.fromkeys(run.told["currency"] for run in runs if "currency" in run.told)) or "–"


FIGURES = (
    ("gain", 1e-6, "compare_gain"), ("co2_t", 1e-3, "compare_co2"), ("waste_t", 1e-3, "compare_waste"),
    ("water_m3", 1e-3, "compare_water"), ("investment", 1e-6, "compare_investment"), ("count", 1, "compare_count"),
    ("asked", 1, "compare_asked"),
)  # fmt: skip
"""Figures of a design, the factor to the unit that is shown, and their words."""


def figures_of(runs: Sequence[Run]) -> list[tuple[str, list[float | None]]]:
    """Return figures of designs, in the units that are shown, in the order of the runs."""
    return [
        (said, [None if run.told[name] is None else run.told[name] * factor for run in runs])
        for name, factor, said in FIGURES
    ]


def exchanges_of(runs: Sequence[Run], lang: Language) -> list[dict[str, Any]]:
    """Return every exchange of some designs with its amounts in each; those that all share first."""
    found: dict[str, dict[str, Any]] = {}
    for place, run in enumerate(runs):
        for one in run.told["exchanges"]:
            row = found.setdefault(one["id"], {
                "donor": one["donor_name"], "receiver": one["receiver_name"], "stream": one["stream"][lang],
                "unit": one["unit"], "amounts": [None] * len(runs),
            })  # fmt: skip
            row["amounts"][place] = one["quantity"]
    rows = [row | {"shared": None not in row["amounts"]} for row in found.values()]
    return sorted(rows, key=lambda row: (not row["shared"], -max(a or 0.0 for a in row["amounts"])))


def sectors_of(runs: Sequence[Run], lang: Language) -> list[dict[str, Any]]:
    """Return changes of sectors side by side; a sector that a run does not know has none there."""
    found: dict[str, dict[str, Any]] = {}
    for place, run in enumerate(runs):
        for one in run.told["sectors"]:
            row = found.setdefault(one["code"], {"name": one["name"][lang], "changes": [None] * len(runs)})
            row["changes"][place] = one
    return list(found.values())
