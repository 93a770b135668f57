"""The whole history of a study: of its firms' rows, and of what the workbench keeps beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lichen.errors import FileError, Problems
from lichen.inventory.store import HISTORY, entries_of, history


def whole_history(study: str | Path, firm: str = "") -> list[dict[str, Any]]:
    """Return all changes of a study: of firms, processes and flows, then of costs, registers and settings.

    Parameters
    ----------
    study
        The study's folder; ``inventory/history.jsonl`` and ``history.jsonl`` may each be missing.
    firm
        Only what belongs to the firm of this code.

    Returns
    -------
    list of dict
        Texts under ``time``, ``file``, ``entity``, ``firm``, ``row``, ``what``, and where there are such ``by`` (a
        name), ``field``, ``before``, ``after``; each file oldest first.

    Raises
    ------
    FileError
        With every line that cannot be read.
    """
    path, problems = Path(study) / HISTORY, Problems()
    others = entries_of(path, HISTORY, problems) if path.is_file() else []
    problems.raise_if_errors(FileError)
    return [*history(study, firm), *(entry for _, entry in others if not firm or entry["firm"] == firm)]
