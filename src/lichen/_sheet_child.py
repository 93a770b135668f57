"""The child process that opens one workbook; started by :mod:`lichen.sheets` as a file, so it imports nothing of ours.

Arguments: memory limit [bytes], CPU limit [s], folder of python_calamine, then JSON: the wanted sheet names or null.
Standard input is the workbook; standard output a pickle of ``("ok", ([(name, rows), …], [names of hidden sheets]))`` or
``("error", text)``.
"""

import datetime
import html
import io
import json
import pickle
import re
import sys
import zipfile

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


SHEET = re.compile(rb'<sheet\b[^<>]*?\bname="([^"]*)"([^<>]*)>')
ERROR = re.compile(rb'<c\b([^<>]*\bt="e"[^<>]*)>(?:<f\b[^<>]*(?:/>|>[^<]*</f>))?<v>([^<]*)</v>')
FORMULA = re.compile(rb"<c\b([^<>]*)><f\b[^<>]*(?:/>|>([^<]*)</f>)(?:<v ?/>|<v></v>)?</c>")
PLACE = re.compile(rb'\br="([A-Z]{1,3})([1-9][0-9]{0,6})"')
LONGEST_CELL, MOST_ROWS, MOST_COLUMNS = 2**17, 2**20, 2**14


def listed(data: bytes) -> "list[tuple[str, str, bool]]":
    """Return name, path and whether it is hidden of each sheet of an XLSX; nothing for other formats."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(archive.namelist()):
            return []
        book, links = archive.read("xl/workbook.xml"), archive.read("xl/_rels/workbook.xml.rels")
    paths = {}
    for link in re.findall(rb"<Relationship\b[^<>]*>", links):
        name, target = re.search(rb'\bId="([^"]*)"', link), re.search(rb'\bTarget="([^"]*)"', link)
        if name and target:
            path = target[1].decode("utf-8", "replace")
            paths[name[1]] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
    found = []
    for name, rest in SHEET.findall(book):
        link = re.search(rb'\br?:?id="([^"]*)"', rest)
        path = paths.get(link[1], "") if link else ""
        found.append((html.unescape(name.decode("utf-8", "replace")), path, b'idden"' in rest))
    return found


def unsaid(data: bytes, path: str) -> "list[tuple[int, int, str]]":
    """Return row, column and text of the cells of a sheet that would read as empty though they are not.

    They hold an error (``#DIV/0!``), or a formula whose value nobody has worked out yet (``=A1*2``).
    """
    found = []
    rest = b""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if path not in archive.namelist():
            return []
        with archive.open(path) as part:
            while piece := part.read(2**20):
                piece = rest + piece
                end = piece.rfind(b"</c>") + 4 if b"</c>" in piece else 0
                for pattern, mark, sign in ((ERROR, b't="e"', ""), (FORMULA, b"<f", "=")):
                    for about, text in pattern.findall(piece, 0, end) if mark in piece else ():
                        place = PLACE.search(about)
                        if place:
                            shown = sign + html.unescape(text.decode("utf-8", "replace"))
                            found.append((int(place[2]) - 1, column_number(place[1]), shown))
                rest = piece[end:][-LONGEST_CELL:]
    return found


def column_number(letters: bytes) -> int:
    """Return the number of a column from 0: ``column_number(b"AC")`` is 28."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def say(rows: list[list[object]], cells: "list[tuple[int, int, str]]") -> None:
    """Put texts into cells that read as empty; the rows grow where the cells lie beyond them."""
    for row, column, text in cells:
        if row < MOST_ROWS and column < MOST_COLUMNS:
            rows.extend([] for _ in range(row + 1 - len(rows)))
            rows[row].extend([""] * (column + 1 - len(rows[row])))
            if rows[row][column] == "":
                rows[row][column] = text


def read(data: bytes, wanted: "list[str] | None") -> "list[tuple[str, list[tuple[object, ...]]]]":
    """Return name and rows of the wanted sheets; other sheets come with no rows."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    paths = {name: path for name, path, _ in listed(data)}
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    for sheet in workbook.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet:
            take = wanted is None or sheet.name in wanted
            cells = unsaid(data, paths[sheet.name]) if take and sheet.name in paths else []
            rows = workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False) if take else []
            say(rows, cells)  # type: ignore[arg-type]
            sheets.append((sheet.name, trimmed(rows)))  # type: ignore[arg-type]
    return sheets


def main() -> None:
    """Read standard input, answer on standard output."""
    assert datetime  # imported before the limit binds: pickled cells need it
    limit(int(sys.argv[1]), int(sys.argv[2]))
    sys.path.append(sys.argv[3])
    try:
        data = sys.stdin.buffer.read()
        sheets = read(data, json.loads(sys.argv[4]))
        answer: tuple[str, object] = ("ok", (sheets, [name for name, _, hidden in listed(data) if hidden]))
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
