"""Write a small study that runs as it is."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from lichen.errors import Problems, StudyError
from lichen.files import LOCK
from lichen.inventory.store import FOLDER as INVENTORY
from lichen.monitor.dictionary import FOLDER as FOLLOW_UP

MAY_BE_THERE = (INVENTORY, FOLLOW_UP, "knowledge", "results", LOCK)
"""What a folder may hold before the study's text files: firms come in by import, and need none of these."""


def new_study(folder: str | Path) -> list[Path]:
    """Write the scaffold of a study into a new or empty folder and return the files.

    Parameters
    ----------
    folder
        Made if it does not exist. It may hold firms, own knowledge and results already.

    Raises
    ------
    StudyError
        If the folder holds something, or cannot be written to.
    """
    folder = Path(folder)
    problems = Problems()
    try:
        if folder.is_dir() and any(f.name not in MAY_BE_THERE for f in folder.iterdir()):
            problems.add("study.not_empty", path=str(folder))
            problems.raise_if_errors(StudyError)
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for source in sorted(files("lichen.study").joinpath("scaffold").iterdir(), key=lambda s: s.name):
            target = folder / source.name
            target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8", newline="")
            written.append(target)
    except OSError as error:
        problems.add("study.cannot_write", path=str(folder), reason=str(error))
        problems.raise_if_errors(StudyError)
    return written
