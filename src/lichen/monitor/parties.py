"""``follow-up/parties.csv``: who takes part in which exchange of the log, and what it came from."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from lichen.monitor.dictionary import FOLDER

PARTIES: Final = f"{FOLDER}/parties.csv"
PARTY_KEYS: Final = ("exchange", "title", "title_zh", "donor", "receiver", "named", "origin")


def read_parties(folder: str | Path) -> list[dict[str, str]]:
    """Return the rows of ``parties.csv``: who takes part in which exchange; a column that is missing is empty."""
    path = Path(folder) / PARTIES
    if not path.is_file():
        return []
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return [{key: row.get(key) or "" for key in PARTY_KEYS} for row in rows]


def network_names(folder: str | Path) -> dict[str, str]:
    """Return exchange of the log → DONOR>STREAM>RECEIVER, its name in design and appraisal, where it came from one."""
    return {row["exchange"]: row["origin"] for row in read_parties(folder) if row["origin"].count(">") == 2}
