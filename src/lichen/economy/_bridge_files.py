"""Files of a folder in the layout that pymrio saves: a ``file_parameters.json`` and one file a matrix.

Textbook symbols as there: ``Z``, ``Y``, ``x``, ``F``, ``F_Y``, ``S``.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lichen.economy._cells import Cells, label_of
from lichen.errors import FileError, InputError, Problem, Where
from lichen.labelled import Array
from lichen.sheets import Limits, Sheet, read_sheets

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, ...]
PARAMETERS = "file_parameters.json"
OURS = "lichen.json"
"""What the layout has no place for: roles, treatment, origin. pymrio passes over it."""
_LIMITS = Limits(file=4 * 2**30, cells=200_000_000)


@dataclass(frozen=True)
class Frame:
    """A matrix with labels of one or more levels; ``values`` holds numbers, or text for units."""

    rows: tuple[Key, ...]
    columns: tuple[Key, ...]
    values: Any


@dataclass
class System:
    """Matrices by name, extensions by name, and what :data:`OURS` says."""

    frames: dict[str, Frame]
    extensions: dict[str, dict[str, Frame]] = field(default_factory=dict)
    ours: dict[str, Any] = field(default_factory=dict)
    place: Where = field(default_factory=Where)


def frame_of(data: Any) -> Frame:
    """Return the frame of a pandas object."""
    if getattr(data, "ndim", 2) == 1:
        data = data.to_frame()
    return Frame(_keys(data.index), _keys(data.columns), data.to_numpy())


def _keys(index: Any) -> tuple[Key, ...]:
    return tuple(tuple(map(label_of, key)) if isinstance(key, tuple) else (label_of(key),) for key in index)


# --- reading -----------------------------------------------------------------------------------------------------


def read_folder(folder: Path) -> System:
    """Read the matrices that are needed from a folder and its subfolders."""
    if not (folder / PARAMETERS).is_file():
        raise FileError((Problem("bridge.no_folder", Where(folder.name), values={"file": PARAMETERS}),))
    system = System(_matrices(folder, ("Z", "Y", "x", "unit")), place=Where(folder.name))
    for inner in sorted(folder.iterdir()):
        if (inner / PARAMETERS).is_file():
            system.extensions[inner.name] = _matrices(inner, ("F", "F_Y", "S", "unit"))
    if (folder / OURS).is_file():
        system.ours = _json(folder / OURS)
    return system


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise FileError((Problem("bridge.bad_json", Where(path.name), values={"reason": str(error)}),)) from None
    return content if isinstance(content, dict) else {}


def _matrices(folder: Path, wanted: tuple[str, ...]) -> dict[str, Frame]:
    listed = _json(folder / PARAMETERS).get("files", {})
    found = {}
    for key in wanted:
        entry = listed.get(key) if isinstance(listed, dict) else None
        if not isinstance(entry, dict):
            continue
        name = str(entry.get("name", ""))
        if Path(name).name != name or name in ("", ".", ".."):
            raise FileError((Problem("bridge.outside", Where(PARAMETERS), values={"found": name}),))
        levels = _levels(entry.get("nr_index_col")), _levels(entry.get("nr_header"))
        found[key] = _read_matrix(folder / name, *levels, text=key == "unit")
    return found


def _levels(value: object) -> int:
    return int(str(value)) if str(value) in ("1", "2", "3", "4", "5") else 1


def _read_matrix(path: Path, index: int, header: int, text: bool) -> Frame:
    if path.suffix == ".parquet":
        if importlib.util.find_spec("pyarrow") is None:
            raise FileError((Problem("bridge.parquet", Where(path.name)),))
        import pandas

        return frame_of(pandas.read_parquet(path))
    if path.suffix not in (".txt", ".tsv", ".csv"):
        raise FileError((Problem("bridge.format", Where(path.name), values={"found": path.suffix}),))
    return _from_sheet(read_sheets(path, limits=_LIMITS)[0], index, header, text)


def _from_sheet(sheet: Sheet, index: int, header: int, text: bool) -> Frame:
    """Return the matrix of a text file with ``header`` rows and ``index`` columns of labels."""
    width = max((len(row) for row in sheet.rows[:header]), default=0)
    columns = tuple(tuple(label_of(sheet.cell(r, c)) for r in range(header)) for c in range(index, width))
    start = header
    if header > 1 or all(not label_of(sheet.cell(header, c)) for c in range(index, width)):
        named = all(not label_of(sheet.cell(header, c)) for c in range(index, width))
        start += named and len(sheet.rows) > header  # the row that names the index levels
    numbers = range(start, len(sheet.rows))
    rows = tuple(tuple(label_of(sheet.cell(r, c)) for c in range(index)) for r in numbers)
    if text:
        texts = [[label_of(sheet.cell(r, c)) for c in range(index, width)] for r in numbers]
        return Frame(rows, columns, np.array(texts, dtype=object).reshape(len(rows), len(columns)))
    cells = Cells(sheet, ".")
    found: Array = np.array([cells.numbers(r, range(index, width)) for r in numbers], dtype=float)
    cells.finish(InputError)
    return Frame(rows, columns, found.reshape(len(rows), len(columns)))


# --- writing -----------------------------------------------------------------------------------------------------


def write_folder(
    folder: Path, core: dict[str, pd.DataFrame], extensions: dict[str, dict[str, pd.DataFrame]], ours: dict[str, Any]
) -> None:
    """Write matrices as tab-separated text, with the parameter files that pymrio looks for."""
    _write(folder, core, {"systemtype": "IOSystem"})
    for name, frames in extensions.items():
        _write(folder / name, frames, {"systemtype": "Extension", "name": name})
    about: dict[str, object] = {"description": "written by Lichen", "name": folder.name, "history": []}
    _dump(folder / "metadata.json", {**about, "system": None, "version": None})
    _dump(folder / OURS, ours)


def _write(folder: Path, frames: dict[str, pd.DataFrame], about: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        listed = {}
        for name, frame in frames.items():
            frame.to_csv(folder / f"{name}.txt", sep="\t", encoding="utf-8", lineterminator="\n")
            levels = {"nr_index_col": str(frame.index.nlevels), "nr_header": str(frame.columns.nlevels)}
            listed[name] = {"name": f"{name}.txt", **levels}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileError((Problem("sheets.not_written", Where(folder.name), values={"reason": reason}),)) from None
    _dump(folder / PARAMETERS, {"files": listed, **about})


def _dump(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
