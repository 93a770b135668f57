"""The balance of a whole park, in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lichen.web.balance import park_balance
from lichen.web.jobs import Made, Progress, job, steady
from lichen.web.models import Park


@job("balance", quick=True)
def run(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Balance and reconcile the flows of ``params["year"]``; 0: as the study says, else the newest."""
    progress(0.1, "balancing")
    (value, pictures), revision = steady(park, lambda p: park_balance(p, int(params["year"])))
    return Made(value, pictures, revision)
