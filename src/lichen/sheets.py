"""Users' tabular files: CSV, XLSX, XLS, XLSB, ODS. The only place that opens them.

A workbook is opened in a child process with bounds on memory and time, after a look at its container: one filled cell
at the far corner, or a small file that unpacks to gigabytes, costs a child and not the program.
"""

from __future__ import annotations

import csv
import datetime
import importlib.util
import io
import itertools
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lichen.errors import FileError, Problem, Problems, Where
from lichen.labelled import suggest

Cell = str | int | float | bool | datetime.date | datetime.time | datetime.timedelta | None
"""What a cell may hold; ``None`` is an empty cell. Text keeps its blanks."""
Row = tuple[Cell, ...]
XLSX_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""How workbooks are written (xlsxwriter): what a user named stays text, never a formula or a link."""


@dataclass(frozen=True)
class Limits:
    """Bounds on what is opened: file, unpacked size, child memory [bytes]; cells, packed entries; time [s]."""

    file: int = 100 * 2**20
    unpacked: int = 1 * 2**30
    ratio: int = 200
    entries: int = 4096
    cells: int = 20_000_000
    memory: int = 2**30
    seconds: int = 60


LIMITS = Limits()
MOST_TEXTS = 100_000
"""Different texts of a file that are kept once each, before the next ones are."""

_TEXT = (".csv", ".tsv", ".txt", ".tab")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file.

    Parameters
    ----------
    file, name
        Name of the file without its folder, and of the sheet; a CSV's sheet has no name.
    rows
        Cells from A1 on; a row ends with its last filled cell, so rows may differ in length.
    notes
        What was worth knowing when the file was opened, e.g. its encoding.
    hidden
        Whether it is hidden in the workbook (told of XLSX only).

    A cell with an error holds its sign (``#DIV/0!``), and one with a formula that was never worked out the formula
    (``=A1*2``), so that neither is taken for an empty cell (XLSX only).
    """

    file: str
    name: str
    rows: tuple[Row, ...]
    notes: tuple[Problem, ...] = ()
    hidden: bool = False

    def where(self, row: int, column: int) -> Where:
        """Return the place of a cell; ``row`` and ``column`` count from 0."""
        return Where(self.file, self.name, cell_name(row, column))

    @property
    def place(self) -> Where:
        """The sheet as a whole."""
        return Where(self.file, self.name)

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell; ``None`` beyond the filled area."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return None


def cell_name(row: int, column: int) -> str:
    """Return the spreadsheet's name of a cell: ``cell_name(4, 28)`` is ``AC5``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def is_blank(cell: Cell) -> bool:
    """Whether a cell is empty or holds blanks only."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def read_sheets(path: str | Path, only: Sequence[str] | None = None, limits: Limits = LIMITS) -> tuple[Sheet, ...]:
    """Return the sheets of a file, in the order of the file.

    Parameters
    ----------
    path
        A CSV (UTF-8, UTF-16 with mark, GB18030 and its subset GBK; comma, semicolon or tab) or a workbook.
    only
        Names of the sheets whose cells are wanted; the others come without rows.
    limits
        Bounds on what is opened.

    Raises
    ------
    FileError
        The file is missing, a folder, empty, encrypted, broken, too large, or not what its name says.
    """
    path = Path(path)
    data = _bytes_of(path, limits)
    suffix = path.suffix.lower()
    if data.startswith((_ZIP, _OLE)):
        if suffix in _TEXT:
            raise _fault("renamed", path, claimed=suffix, found="ZIP/XLSX" if data.startswith(_ZIP) else "XLS")
        (_look_into_zip if data.startswith(_ZIP) else _look_into_ole)(data, path, limits)
        return _from_child(data, path, only, limits)
    if suffix in _WORKBOOKS:
        raise _fault("renamed", path, claimed=suffix, found="HTML" if b"<html" in data[:2048].lower() else "text/data")
    return (_read_text(data, path, limits),)


def find_sheet(sheets: Sequence[Sheet], name: str | None = None) -> Sheet:
    """Return the sheet called ``name``, or the only filled one.

    Raises
    ------
    FileError
        If there is no such sheet (the nearest name is told), or no name was given and several sheets are filled.
    """
    filled = [sheet for sheet in sheets if sheet.rows]
    file = Where(sheets[0].file) if sheets else Where()
    problems = Problems()
    if name is not None:
        exact = [s for s in sheets if s.name == name] or [s for s in sheets if s.name.strip() == name.strip()]
        if exact:
            return exact[0]
        names = [s.name for s in sheets]
        problems.add("sheets.unknown", file, name=name, near=suggest(name, names) or "–", names=names)
    elif len(filled) == 1:
        return filled[0]
    else:
        problems.add("sheets.choose" if filled else "sheets.none", file, names=[s.name for s in filled])
    raise FileError(problems.as_tuple())


def _fault(name: str, path: Path, cell: str = "", **values: Any) -> FileError:
    return FileError((Problem(f"sheets.{name}", Where(path.name, cell=cell), values=values),))


def _bytes_of(path: Path, limits: Limits) -> bytes:
    if path.is_dir():
        raise _fault("folder", path)
    if not path.exists():
        near = ""
        if path.parent.is_dir():
            near = suggest(path.name, [p.name for p in itertools.islice(path.parent.iterdir(), 1000)])
        raise _fault("missing", path, near=near or "–")
    if not path.is_file():
        raise _fault("no_file", path)
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.file + 1)
    except OSError as error:
        raise _fault("unreadable", path, reason=error.strerror or type(error).__name__) from None
    if len(data) > limits.file:
        raise _fault("too_large", path, limit=_size(limits.file))
    if not data.strip():
        raise _fault("empty", path)
    return data


def _size(count: int) -> str:
    return f"{count / 2**20:.0f} MiB" if count >= 2**20 else f"{count} B"


# --- workbooks ---------------------------------------------------------------------------------------------------


def _look_into_zip(data: bytes, path: Path, limits: Limits) -> None:
    """Refuse a container that is broken, encrypted, no workbook, or far larger than it looks."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, OverflowError):
        raise _fault("broken", path, reason="ZIP") from None
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries) or "EncryptedPackage" in names:
        raise _fault("encrypted", path)
    if not names & {"[Content_Types].xml", "content.xml"}:
        raise _fault("renamed", path, claimed=path.suffix or "–", found="ZIP")
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries or unpacked > limits.unpacked:
        raise _fault("unpacks", path, entries=len(entries), size=_size(unpacked), limit=_size(limits.unpacked))
    if unpacked > 2**24 and unpacked > limits.ratio * len(data):
        raise _fault("unpacks", path, entries=len(entries), size=_size(unpacked), limit=_size(limits.ratio * len(data)))


def _look_into_ole(data: bytes, path: Path, limits: Limits) -> None:
    """Refuse an OLE file that holds an encrypted XLSX, or no workbook (a DOC renamed)."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise _fault("encrypted", path)
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book", "WORKBOOK", "BOOK")):
        raise _fault("renamed", path, claimed=path.suffix or "–", found="OLE (.doc, .msi …)")


class _Plain(pickle.Unpickler):
    """Unpickler that makes plain values, dates and times only."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in ("date", "datetime", "time", "timedelta"):
            return getattr(datetime, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _from_child(data: bytes, path: Path, only: Sequence[str] | None, limits: Limits) -> tuple[Sheet, ...]:
    """Let a child process read the workbook, and turn its answer into sheets or an error."""
    library = importlib.util.find_spec("python_calamine")
    assert library is not None
    assert library.origin is not None
    command = [
        sys.executable, "-I", "-S", str(Path(__file__).with_name("_sheet_child.py")), str(limits.memory),
        str(limits.seconds), str(Path(library.origin).parent.parent), json.dumps(None if only is None else list(only)),
    ]  # fmt: skip
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=limits.seconds, check=False)  # noqa: S603 - our own child, no shell
    except subprocess.TimeoutExpired:
        raise _fault("too_slow", path, seconds=limits.seconds) from None
    found: Any
    try:
        state, found = _Plain(io.BytesIO(child.stdout)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError):
        state, found = _state_of_death(child), ""
    if state == "ok":
        return _as_sheets(found[0], found[1], path)
    if state == "error":
        encrypted = "password" in found.lower() or "encrypt" in found.lower()
        raise _fault("encrypted", path) if encrypted else _fault("broken", path, reason=_short(found))
    if state == "slow":
        raise _fault("too_slow", path, seconds=limits.seconds)
    raise _fault("too_much_memory", path, limit=_size(limits.memory))


def _state_of_death(child: subprocess.CompletedProcess[bytes]) -> str:
    """Tell from a child that gave no answer why: a failed allocation aborts, a time limit kills."""
    if child.returncode in (-24, -9):
        return "slow"
    return "memory"


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


def _as_sheets(found: list[tuple[str, list[Row]]], hidden: list[str], path: Path) -> tuple[Sheet, ...]:
    if not found:
        raise _fault("none", path)
    problems = Problems()
    for name, rows in found:
        if "\0" in name:
            problems.add("sheets.null", Where(path.name, name))
        for i, row in enumerate(rows):
            for j in [j for j, cell in enumerate(row) if type(cell) is str and "\0" in cell]:
                problems.add("sheets.null", Where(path.name, name, cell_name(i, j)))
    problems.raise_if_errors(FileError)
    return tuple(Sheet(path.name, name, tuple(rows), hidden=name in hidden) for name, rows in found)


# --- text --------------------------------------------------------------------------------------------------------


def _read_text(data: bytes, path: Path, limits: Limits) -> Sheet:
    text, encoding = _decoded(data, path)
    notes: tuple[Problem, ...] = ()
    if encoding != "UTF-8":
        notes = (Problem("sheets.encoding", Where(path.name), "note", {"encoding": encoding}),)
    separator, text = _separator(text)
    rows: list[Row] = []
    texts: dict[str, str | None] = {"": None}
    count = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            count += len(record) + 1
            if count > limits.cells:
                raise _fault("too_many_cells", path, limit=limits.cells)
            if len(texts) > MOST_TEXTS:
                texts = {"": None}
            rows.append(_trimmed(record, texts))
    except csv.Error as error:
        raise _fault("bad_csv", path, row=len(rows) + 1, reason=str(error)) from None
    while rows and not rows[-1]:
        rows.pop()
    return Sheet(path.name, "", tuple(rows), notes)


def _trimmed(record: list[str], texts: dict[str, str | None]) -> Row:
    """Return a record cut behind its last filled cell; ``texts`` keeps a text that stands in many cells once."""
    end = len(record)
    while end and not record[end - 1]:
        end -= 1
    return tuple([texts.setdefault(cell, cell) for cell in record[:end]])


def _decoded(data: bytes, path: Path) -> tuple[str, str]:
    """Return the text and the name of its encoding: UTF-16 by its mark, else the first of UTF-8, GB18030 that fits."""
    tries = [("utf-8-sig", "UTF-8"), ("gb18030", "GB18030 (GBK)")]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        tries = [("utf-16", "UTF-16")]
    for codec, name in tries:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise _fault("not_text", path)
        return text, name
    raise _fault("not_text", path)


def _separator(text: str) -> tuple[str, str]:
    """Return the separator of a CSV, and its text without a ``sep=`` line.

    The first line that has one decides: a header holds labels, so a decimal comma cannot mislead there.
    """
    if text[:4].lower() == "sep=" and text[5:6] in ("\r", "\n"):
        return text[4], "\n" + text[5:].lstrip("\r").removeprefix("\n")
    for line in _first_lines(text):
        counts = {sign: line.count(sign) for sign in (",", ";", "\t")}
        best = max(counts, key=lambda sign: counts[sign])
        if counts[best]:
            return best, text
    return ",", text


def _first_lines(text: str, most: int = 50) -> Iterator[str]:
    """Yield the first lines without what stands in quotes."""
    for number, line in enumerate(io.StringIO(text[:1_000_000])):
        if number == most:
            return
        yield "".join(line.split('"')[::2])
