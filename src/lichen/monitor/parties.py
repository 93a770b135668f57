"""``follow-up/parties.csv``: who takes part in which exchange of the log, and what it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lichen.errors import Problems
from lichen.monitor.dictionary import FOLDER
from lichen.monitor.tables import read_table

PARTIES: Final = f"{FOLDER}/parties.csv"
PARTY_KEYS: Final = ("exchange", "title", "title_zh", "donor", "receiver", "named", "origin")


def network_names(folder: str | Path, problems: Problems) -> dict[str, str]:
    """Return exchange of the log → DONOR>STREAM>RECEIVER, its name in design and appraisal, where it came from one.

    A file that cannot be read, or does not name these two columns, is added to ``problems``.
    """
    lines = read_table(Path(folder), PARTIES, ("exchange", "origin"), problems)
    return {line["exchange"]: line["origin"] for line in lines if line["origin"].count(">") == 2}
