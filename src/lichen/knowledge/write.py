"""Write exchange types and conditions as CSV or workbook in the layout that is read; text is never a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lichen.errors import FileError, Language, Problem, Where
from lichen.knowledge._files import rows
from lichen.knowledge.columns import TABLES, TableName, columns
from lichen.knowledge.store import Record, csv_text, own_additions
from lichen.sheets import XLSX_OPTIONS

_WIDEST = 60


def records(study: str | Path | None = None) -> dict[TableName, tuple[Record, ...]]:
    """Return the rows of the library, and of a study behind them."""
    found: dict[TableName, tuple[Record, ...]] = {table: tuple(rows(f"{table}.csv")) for table in TABLES}
    own = own_additions(study).records if study is not None else {}
    return {table: (*found[table], *own.get(table, ())) for table in TABLES}


def export(path: str | Path, found: Mapping[TableName, Sequence[Record]], lang: Language = "en") -> Path:
    """Write exchange types and, in a workbook, the conditions as well; reading them again gives the same rows.

    Parameters
    ----------
    path
        ``.csv``: exchange types alone. ``.xlsx``: a sheet for each table, and one that explains the columns.
    found
        Rows of each table.
    lang
        Language of the explanations; headings stay as they are read.

    Raises
    ------
    FileError
        If the file cannot be written there.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".xlsx") or not path.parent.is_dir() or path.is_dir():
        reason = "文件名或文件夹不合适" if lang == "zh" else "its name ends otherwise, or its folder is not there"
        raise _fault(path, reason)
    try:
        if path.suffix.lower() == ".csv":
            path.write_text(csv_text("exchange_types", found["exchange_types"]), encoding="utf-8", newline="")
        else:
            _workbook(path, found, lang)
    except OSError as error:
        raise _fault(path, error.strerror or type(error).__name__) from None
    return path


def _fault(path: Path, reason: str) -> FileError:
    return FileError((Problem("sheets.not_written", Where(path.name), values={"reason": reason}),))


def _workbook(path: Path, found: Mapping[TableName, Sequence[Record]], lang: Language) -> None:
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    book = xlsxwriter.Workbook(str(path), {**XLSX_OPTIONS, "in_memory": True})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for table in TABLES:
        sheet = book.add_worksheet(table)
        names = [c.name for c in columns(table)]
        for position, name in enumerate(names):
            longest = max([len(name), *(len(row.get(name, "")) for row in found[table])])
            sheet.set_column(position, position, min(longest + 2, _WIDEST))
            sheet.write_string(0, position, name, bold)
        for number, row in enumerate(found[table], start=1):
            for position, name in enumerate(names):
                if row.get(name, ""):
                    sheet.write_string(number, position, row[name])
        sheet.freeze_panes(1, 1)
    sheet = book.add_worksheet("说明" if lang == "zh" else "columns")
    sheet.set_column(0, 2, _WIDEST // 2, wrapped)
    lines = [(table, c.name, c.meaning(lang)) for table in TABLES for c in columns(table)]
    for number, line in enumerate(lines):
        for position, text in enumerate(line):
            sheet.write_string(number, position, text)
    try:
        book.close()
    except FileCreateError as error:
        raise OSError(str(error)) from None
