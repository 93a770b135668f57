"""The child process that opens one workbook; started by :mod:`lichen.sheets` as a file, so it imports nothing of ours.

Arguments: memory limit [bytes], CPU limit [s], folder of python_calamine, then JSON: the wanted sheet names or null.
Standard input is the workbook; standard output a pickle of ``("ok", [(name, rows), …])`` or ``("error", text)``.
"""

import datetime
import io
import json
import pickle
import sys

MOST_TEXTS = 100_000


def limit(memory: int, seconds: int) -> None:
    """Bind this process to ``memory`` [bytes] of address space and ``seconds`` [s] of CPU time, where that exists."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows: the parent's clock still binds
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for what, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def trimmed(rows: list[list[object]]) -> list[tuple[object, ...]]:
    """Return the rows with empty cells as None, cut behind the last filled cell and row.

    A text that stands in many cells is kept once: the answer is smaller, and faster to send and to look up.
    """
    result = []
    used = 0
    texts: dict[str, str | None] = {"": None}
    for number, row in enumerate(rows):
        end = len(row)
        while end and row[end - 1] == "":
            end -= 1
        if len(texts) > MOST_TEXTS:
            texts = {"": None}
        result.append(tuple(texts.setdefault(cell, cell) if type(cell) is str else cell for cell in row[:end]))
        used = number + 1 if end else used
        rows[number] = []
    return result[:used]


def read(data: bytes, wanted: "list[str] | None") -> "list[tuple[str, list[tuple[object, ...]]]]":
    """Return name and rows of the wanted sheets; other sheets come with no rows."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    for sheet in workbook.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet:
            take = wanted is None or sheet.name in wanted
            rows = workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False) if take else []
            sheets.append((sheet.name, trimmed(rows)))  # type: ignore[arg-type]
    return sheets


def main() -> None:
    """Read standard input, answer on standard output."""
    assert datetime  # imported before the limit binds: pickled cells need it
    limit(int(sys.argv[1]), int(sys.argv[2]))
    sys.path.append(sys.argv[3])
    try:
        answer: tuple[str, object] = ("ok", read(sys.stdin.buffer.read(), json.loads(sys.argv[4])))
    except MemoryError:
        answer = ("memory", "")
    except Exception as error:  # whatever a broken workbook raises becomes words for the parent
        answer = ("error", f"{type(error).__name__}: {error}")
    try:
        sys.stdout.buffer.write(pickle.dumps(answer, protocol=5))
    except MemoryError:
        sys.stdout.buffer.write(pickle.dumps(("memory", "")))


if __name__ == "__main__":
    main()
