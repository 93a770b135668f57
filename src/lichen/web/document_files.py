"""Documents of exchanges in and out with a study: ``follow-up/documents.csv`` names what ``follow-up/documents/`` has.

What comes in passes the checks of what is sent, and is what its digest says; names of people stay names.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lichen.errors import Problem, Problems, Where
from lichen.monitor.dictionary import FOLDER
from lichen.monitor.tables import Line, read_table, write_table
from lichen.web import documents
from lichen.web.followed_models import Document, Exchange
from lichen.web.models import FirmRow, Park
from lichen.web.own_tables import ALLOWED, is_name, moment, who
from lichen.web.policy import log
from lichen.web.sent import plain_name
from lichen.web.store import Origin

INDEX, PLACE = f"{FOLDER}/documents.csv", f"{FOLDER}/documents"
KEYS = ("file", "exchange", "name", "digest", "shared", "firm", "by", "time")


@dataclass(frozen=True)
class Brought:
    """A document that came with a study: the row that names it, when it was sent, and what it holds."""

    line: Line
    time: datetime
    content: bytes


def read_documents(
    folder: Path, exchanges: Collection[str], firms: Collection[str], problems: Problems
) -> tuple[Brought, ...]:
    """Return the documents of a study's folder, and add everything that is wrong with them.

    Parameters
    ----------
    folder
        The study's folder.
    exchanges, firms
        Names of the exchanges and codes of the firms of the study.
    problems
        Each is told at its cell.
    """
    lines = read_table(folder, INDEX, KEYS, problems)
    place = folder / PLACE
    there = {p.relative_to(place).as_posix(): p for p in sorted(place.rglob("*"))
             if p.is_file() and not p.is_symlink() and not p.name.startswith(".")}  # fmt: skip
    seen: dict[str, Line] = {}
    count: Counter[str] = Counter()
    found = []
    for line in lines:
        count[line["exchange"]] += 1
        if count[line["exchange"]] == documents.MOST + 1:
            problems.add("workbench.documents_full", line.where("exchange"), most=documents.MOST)
        if line["exchange"] not in exchanges:
            problems.add("workbench.document_exchange", line.where("exchange"), exchange=line["exchange"])
        if line["firm"] and line["firm"] not in firms:
            problems.add("workbench.unknown_firm", line.where("firm"), firm=line["firm"])
        if line["file"] in seen:
            first = seen[line["file"]].where("file").cell
            problems.add("workbench.document_twice", line.where("file"), file=line["file"], first=first)
            continue
        seen[line["file"]] = line
        time = _check(line, problems)
        path = there.get(line["file"])
        if path is None:
            problems.add("workbench.document_missing", line.where("file"), file=line["file"], folder=PLACE)
            continue
        content = _content(line, path, problems)
        if time is not None and content is not None:
            found.append(Brought(line, time, content))
    for name in there.keys() - seen.keys():
        problems.add("workbench.document_unnamed", Where(f"{PLACE}/{name}"), index=INDEX)
    return tuple(found)


def _check(line: Line, problems: Problems) -> datetime | None:
    """Return when a document was sent; add what cannot be said of one."""
    time = moment(line["time"])
    fits = {
        "name": bool(line["name"]) and plain_name(line["name"], "") == line["name"],
        "shared": line["shared"] in ("yes", "no"), "by": is_name(line["by"]), "time": time is not None,
    }  # fmt: skip
    for key in (key for key, fit in fits.items() if not fit):
        problems.add("workbench.table_value", line.where(key), found=line[key], column=key, allowed=ALLOWED[key])
    return time


def _content(line: Line, path: Path, problems: Problems) -> bytes | None:
    """Return what a file holds, if it may be kept and is what its row says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        content = file.read(documents.LARGEST + 1)
    wrong = documents.refused(line["name"], content[: documents.HEAD], size)
    if wrong is not None:
        problems.extend([replace(wrong, where=line.where("name"))])
    elif hashlib.sha256(content).hexdigest() != line["digest"]:
        problems.add("workbench.document_changed", line.where("digest"), file=line["file"])
    else:
        return content
    return None


def import_documents(park: Park, brought: Sequence[Brought], origin: Origin) -> None:
    """Store the documents of a study that was read; if one cannot be stored, no file of any is left."""
    exchanges = {e.key: e for e in Exchange.objects.filter(park=park)}
    firms = {f.code: f for f in FirmRow.objects.filter(park=park)}
    stored: list[str] = []
    try:
        for one in brought:
            line = one.line
            name, digest = documents.store([one.content])
            stored.append(name)
            Document.objects.create(
                park=park, exchange=exchanges[line["exchange"]], name=line["name"], stored=name, size=len(one.content),
                digest=digest, shared=line["shared"] == "yes", firm=firms.get(line["firm"]), author=line["by"],
                created=one.time,
            )  # fmt: skip
            about = f"{line['exchange']}: {line['name']} {digest}"
            log("document imported", park=park, by=origin.by, about=about)
    except BaseException:
        for name in stored:
            (documents.folder() / name).unlink(missing_ok=True)
        raise


def export_documents(park: Park, folder: Path) -> list[Problem]:
    """Write the documents of a park into its study; return a warning for each whose file is not there any more."""
    rows, lost = [], []
    found = Document.objects.filter(park=park).select_related("exchange", "firm", "by")
    for number, one in enumerate(found, start=1):
        file = f"{number:04}.{one.name.rpartition('.')[2].lower()}"
        rows.append({
            "file": file, "exchange": one.exchange.key, "name": one.name, "digest": one.digest,
            "shared": "yes" if one.shared else "no", "firm": one.firm.code if one.firm else "", "by": who(one),
            "time": one.created.isoformat(timespec="seconds"),
        })  # fmt: skip
        place = folder / PLACE / file
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(documents.folder() / one.stored, place)
        except FileNotFoundError:
            values = {"name": one.name, "exchange": one.exchange.key}
            lost.append(Problem("workbench.document_lost", Where(INDEX), "warning", values))
    if rows:
        write_table(folder / INDEX, KEYS, rows)
    return lost
