"""What a design asks, and what it holds for the firms of an account, for pages and the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lichen.appraise.cost_table import dimension_of
from lichen.discover.visibility import band
from lichen.errors import Language
from lichen.report.svg import format_number
from lichen.web.consent import State, states
from lichen.web.disclosure import levels_now, view
from lichen.web.models import CLASSES, FirmRow, JobFile, Opportunity
from lichen.web.policy import Action, Scope, reach
from lichen.web.run_models import CostRow, Run
from lichen.web.work.designs import ASKED, FACTS


def asked_of(scope: Scope, run: Run, lang: Language) -> list[dict[str, Any]]:
    """Return the questions of a design, and whether a row of costs answers each by now."""
    kept = JobFile.objects.filter(job=run, name=ASKED).first()
    told = {
        (v["item"], v["key"], dimension_of(v["item"], v["unit"]))
        for v in (row.values for row in reach(scope, Action.READ_COSTS, CostRow))
    }
    return [
        {
            **one,
            "found": one["found"][lang],
            "mend": one["mend"][lang],
            "answered": (one["item"], one["key"], dimension_of(one["item"], one["unit"])) in told,
        }
        for one in (json.loads(bytes(kept.content)) if kept is not None else [])
    ]


def own_rows(scope: Scope, run: Run, lang: Language) -> list[dict[str, Any]]:
    """Return what a design holds for the account's own firms, as far as the step of each exchange opens it.

    The own gain is told as the quantity is, as a number, in a band or not at all: with the price that a firm knows it
    would give the quantity away.
    """
    kept = JobFile.objects.filter(job=run, name=FACTS).first()
    every = json.loads(bytes(kept.content)) if kept is not None else {}
    firms = {firm.code: firm for firm in FirmRow.objects.filter(park=scope.park)}
    mine = {code for code, firm in firms.items() if firm.pk in scope.firms}
    own = [one for one in run.told["exchanges"] if one["id"] in every and {one["donor"], one["receiver"]} & mine]
    handles = {
        h.key: h for h in Opportunity.objects.filter(park=scope.park, key__in=[every[o["id"]]["key"] for o in own])
    }
    consents, levels = states(handles.values()), levels_now([every[one["id"]] for one in own], firms)
    found = []
    for one in own:
        f = every[one["id"]]
        handle = handles.get(f["key"])
        state = consents[handle.pk] if handle is not None else State(CLASSES, CLASSES)
        for side in ("donor", "receiver"):
            if one[side] in mine:
                shown = view(handle or Opportunity(key=f["key"]), f, side, state, levels, lang)
                gain = _gain(one[f"{side}_gain"], shown)
                found.append({**shown, "id": shown["id"] if handle else "", "firm": one[f"{side}_name"], "gain": gain})
    return found


def _gain(gain: float | None, shown: Mapping[str, Any]) -> str:
    """Return a gain a year in millions as precisely as the quantity beside it is shown."""
    if gain is None or shown["quantity_low"] is None:
        return ""
    ends = (gain, gain) if shown["quantity_low"] == shown["quantity_high"] else band(gain)
    return " – ".join(dict.fromkeys(format_number(end / 1e6, 3) for end in ends))
