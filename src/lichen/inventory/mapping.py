"""Foreign tables as surveys, by a mapping file: no code, every fault told at the cell of the original file.

A mapping file is text in TOML. It says which sheet and headings a foreign table has, and what of a row becomes a firm,
a process and flows. What it makes goes through the same checks as a survey workbook.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from lichen.errors import FileError, Problem, Problems, Where
from lichen.inventory._mapping_file import MappingFile
from lichen.inventory._mapping_matrix import read_by_matrix, read_matrix
from lichen.inventory._mapping_open import opened_sheets, tell_meant
from lichen.inventory._mapping_read import Reader
from lichen.inventory._mapping_rows import Built, read_by_rows, tell_left_out
from lichen.inventory.survey import Survey, survey_of
from lichen.labelled import suggest
from lichen.sheets import Sheet, read_sheets

__all__ = ["MappingFile", "read_mapped", "read_mapping", "shipped_mappings", "survey_by"]

SUFFIX = ".toml"
LARGEST = 1_000_000
"""Most bytes of a mapping file."""
_SHIPPED = files("lichen.inventory") / "mappings"


def _names() -> list[str]:
    return sorted(p.name.removesuffix(SUFFIX) for p in _SHIPPED.iterdir() if p.name.endswith(SUFFIX))


def shipped_mappings() -> tuple[MappingFile, ...]:
    """Return the mapping files that come with Lichen, by name."""
    return tuple(read_mapping(name) for name in _names())


def read_mapping(name: str | Path) -> MappingFile:
    """Return a mapping file, checked.

    Parameters
    ----------
    name
        Path of a file that ends in ``.toml``, or the name of one that comes with Lichen, e.g. ``hotmaps``.

    Raises
    ------
    FileError
        If there is none, or with every unknown key, missing key and impossible value in it.
    """
    if str(name) in _names():
        path = Path(str(_SHIPPED / f"{name}{SUFFIX}"))
    else:
        path = Path(name)
        if path.suffix.lower() != SUFFIX or not path.is_file():
            values = {"name": str(name), "near": suggest(str(name), _names()) or "–", "shipped": _names()}
            raise FileError((Problem("mapping.unknown", values=values),))
    reader = Reader(path.name, _toml(path))
    made = reader.whole_file(path.stem)
    if reader.matrix:
        made = replace(made, matrix=read_matrix(reader, made))
    reader.problems.raise_if_errors(FileError)
    return replace(made, columns=reader.columns)


def _toml(path: Path) -> dict[str, Any]:
    """Return a mapping file as plain data.

    Raises
    ------
    FileError
        If it cannot be read, or is no TOML.
    """
    problems = Problems()
    where = Where(file=path.name)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            problems.add("mapping.too_large", where, limit=LARGEST)
        else:
            return tomllib.loads(data.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        problems.add("mapping.unreadable", where, reason=str(error))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.add("mapping.not_toml", where, reason=str(error))
    problems.raise_if_errors(FileError)
    raise AssertionError


def read_mapped(path: str | Path, mapping: MappingFile) -> Survey:
    """Read one foreign file by a mapping file.

    Raises
    ------
    FileError
        If the file cannot be opened, or has not the sheet or the columns that the mapping file names.
    """
    return survey_by(mapping, Path(path).name, read_sheets(path))


def survey_by(mapping: MappingFile, file: str, sheets: Sequence[Sheet]) -> Survey:
    """Return what foreign sheets hold by a mapping file; see :func:`read_mapped`.

    Every problem has the place in the original file, or in the mapping file where the fault is there.
    """
    built = Built(mapping)
    problems = built.told.problems
    for caution in mapping.cautions:
        problems.add(
            "mapping.caution", Where(file=mapping.file), "warning", field=caution.text("en"), zh=caution.text("zh")
        )
    for opened in opened_sheets(mapping, file, sheets, problems):
        tell_meant(mapping, opened, problems)
        if mapping.matrix is not None:
            read_by_matrix(mapping, opened, built)
        else:
            read_by_rows(mapping, opened, built)
    if not built.rows["firm"].cells:
        problems.add("mapping.nothing", Where(file=file), mapping=mapping.file)
        return Survey(file, survey_of(file, built.sheets(file), own=True).inventory, (), problems.as_tuple())
    tell_left_out(built)
    found = survey_of(file, built.sheets(file), own=True)
    moved = [p for p in map(built.moved, found.problems) if p is not None]
    return _without_bad(replace(found, problems=_each_once([*problems, *moved])), built)


def _without_bad(survey: Survey, built: Built) -> Survey:
    """Return the survey without the firms that had a fault before its own checks."""
    firms = {f.id for f in survey.inventory.firms}
    bad = firms if built.incomplete else firms & built.bad
    waiting = {*survey.waiting, *built.bad, *bad}
    kept = survey.inventory
    good = replace(
        kept, firms=tuple(f for f in kept.firms if f.id not in bad),
        processes=tuple(p for p in kept.processes if p.firm not in bad),
        flows=tuple(f for f in kept.flows if f.firm not in bad),
    )  # fmt: skip
    return replace(survey, inventory=good, waiting=tuple(sorted(waiting)))


def _each_once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return problems, each once: a fault of the mapping file meets every row."""
    seen: dict[tuple[str, Where, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.code, problem.where, repr(sorted(problem.values.items(), key=str))), problem)
    return tuple(seen.values())
