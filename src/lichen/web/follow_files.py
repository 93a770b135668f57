"""Follow-up of a study in and out: the folder ``follow-up/`` becomes rows, and rows become the same folder.

Files that say what the rows say are left as they are, letter for letter; others are written anew.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lichen.errors import FileError, LichenError, Problem, Problems, Where
from lichen.figures import Text
from lichen.monitor.dictionary import ENTITIES, FILES, FOLDER, Entity, columns
from lichen.monitor.parties import PARTIES, PARTY_KEYS
from lichen.monitor.read import ENDINGS, follow_up_of, records_of
from lichen.monitor.tables import Line, read_table, write_table
from lichen.sheets import Sheet, find_sheet, read_sheets
from lichen.web.followed import ABOUT, Record, add_event, exchange_of, keyed, loaded_from, network_name
from lichen.web.followed_models import Exchange, FollowRow, LogRow
from lichen.web.models import FirmRow, Park
from lichen.web.own_tables import ALLOWED, is_name, moment, who
from lichen.web.sent import whole_number

LOG = f"{FOLDER}/log.csv"
"""File beside the log that only the workbench reads: who noted each event, when, and who reads its words."""
LOG_KEYS = ("exchange", "event", "digest", "shared", "firm", "by", "time")


def sheets_in(folder: Path) -> dict[Entity, Sheet]:
    """Return the sheets of a study's follow-up; :class:`FileError` if one cannot be opened."""
    found: dict[Entity, Sheet] = {}
    for entity in ENTITIES:
        paths = [p for end in ENDINGS if (p := folder / FOLDER / f"{FILES[entity]}{end}").is_file()]
        if len(paths) > 1:
            values = {"other": paths[1].name}
            raise FileError((Problem("follow.two_files", Where(paths[0].name), values=values),))
        if paths:
            found[entity] = find_sheet(read_sheets(paths[0]))
    return found


def read_records(sheets: dict[Entity, Sheet]) -> dict[Entity, tuple[dict[str, Any], ...]]:
    """Return the rows of sheets as records.

    Raises
    ------
    FileError
        With every problem of all sheets.
    """
    problems = Problems()
    follow_up_of(sheets, problems)
    problems.raise_if_errors(FileError)
    return {entity: records_of(sheet, entity, Problems()) for entity, sheet in sheets.items()}


@dataclass(frozen=True)
class FollowRead:
    """The follow-up of a study's folder.

    Parameters
    ----------
    records
        Rows by kind.
    titles
        What the study calls its exchanges.
    parties
        Who takes part in an exchange, by its name.
    noted
        Of an event (its exchange, its number there from 1): who noted it, when, and who reads its words.
    """

    records: Mapping[Entity, tuple[dict[str, Any], ...]]
    titles: Mapping[str, Text]
    parties: Mapping[str, Line]
    noted: Mapping[tuple[str, int], Line]

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Names of all exchanges that are spoken of."""
        told = [r for kind in ("event", "planned", "actual", "terms") for r in self.records.get(kind, ())]
        return tuple(dict.fromkeys(k for k in (*self.parties, *(str(r["exchange"]) for r in told)) if k))


def read_follow(folder: Path, firms: Collection[str], problems: Problems) -> FollowRead:
    """Return the follow-up of a study's folder, and add everything that is wrong with it.

    Parameters
    ----------
    folder
        The study's folder.
    firms
        Codes of its firms.
    problems
        Each is told at its cell.

    Raises
    ------
    FileError
        If the log or a register cannot be read, with every problem of them.
    """
    records = read_records(sheets_in(folder))
    parties = _parties(folder, firms, problems)
    return FollowRead(records, _titles(folder), parties, _noted(folder, records.get("event", ()), firms, problems))


def _parties(folder: Path, firms: Collection[str], problems: Problems) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in read_table(folder, PARTIES, PARTY_KEYS, problems):
        key = line["exchange"]
        if not key or key in found:
            problems.add(
                "workbench.party_twice" if key else "workbench.no_exchange", line.where("exchange"), exchange=key
            )
        found.setdefault(key, line)
        for end in (end for end in ("donor", "receiver") if line[end] and line[end] not in firms):
            problems.add("workbench.unknown_firm", line.where(end), firm=line[end])
        longest = {"exchange": 500, "title": 200, "title_zh": 200, "origin": 200}
        wrong = [name for name, most in longest.items() if len(line[name]) > most or not line[name].isprintable()]
        for name in (*wrong, *(["named"] if line["named"] not in ("yes", "no") else ())):
            problems.add(
                "workbench.table_value", line.where(name), found=line[name], column=name, allowed=ALLOWED[name]
            )
    return found


def _noted(
    folder: Path, events: Sequence[Record], firms: Collection[str], problems: Problems
) -> dict[tuple[str, int], Line]:  # fmt: skip
    """Return who noted each event; a row speaks only of the event that it was written for."""
    digests = dict(zip(_numbered(events), map(_digest, events), strict=True))
    found: dict[tuple[str, int], Line] = {}
    for line in read_table(folder, LOG, LOG_KEYS, problems):
        number = whole_number(line["event"])
        key = (line["exchange"], number)
        if key not in digests or key in found or digests[key] != line["digest"]:
            problems.add(
                "workbench.event_other", line.where("event"), exchange=line["exchange"], number=line["event"][:10]
            )
        found[key] = line
        if line["firm"] and line["firm"] not in firms:
            problems.add("workbench.unknown_firm", line.where("firm"), firm=line["firm"])
        fits = {
            "shared": line["shared"] in ("yes", "no"),
            "by": is_name(line["by"]),
            "time": moment(line["time"]) is not None,
        }
        for name in (name for name, fit in fits.items() if not fit):
            problems.add(
                "workbench.table_value", line.where(name), found=line[name], column=name, allowed=ALLOWED[name]
            )
    return found


def _numbered(events: Iterable[Record]) -> list[tuple[str, int]]:
    """Return exchange and number there, from 1, of each event."""
    count: Counter[str] = Counter()
    found = []
    for event in events:
        count[event["exchange"]] += 1
        found.append((str(event["exchange"]), count[event["exchange"]]))
    return found


def _digest(event: Record) -> str:
    """Return what tells an event from what it was before somebody changed the file."""
    told = {key: str(value) for key, value in event.items() if value not in (None, "")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def import_follow(park: Park, read: FollowRead) -> None:
    """Fill an empty park's follow-up; exchanges get the names that the study gives them."""
    found, titles = read.records, read.titles
    firms = {f.code: f for f in FirmRow.objects.filter(park=park)}
    made: dict[str, Exchange] = {}
    for key in read.exchanges:
        party, title = read.parties.get(key), titles.get(key, Text(key, ""))
        given = {**dict.fromkeys(PARTY_KEYS, ""), **(party.values if party else _network_party(key))}
        made[key] = exchange_of(
            park, key, title=(given["title"] or title.en or key)[:200],
            title_zh=(given["title_zh"] or title.zh)[:200], donor=firms.get(given["donor"]),
            receiver=firms.get(given["receiver"]), named=given["named"] == "yes", origin=given["origin"],
        )  # fmt: skip
    events = found.get("event", ())
    for at, event in zip(_numbered(events), events, strict=True):
        line = read.noted.get(at)
        add_event(
            made[event["exchange"]], event, shared=line is not None and line["shared"] == "yes", by=None,
            firm=firms.get(line["firm"]) if line else None, time=moment(line["time"]) if line else None,
            author=line["by"] if line else "",
        )  # fmt: skip
    position = 0
    for entity in ENTITIES[1:]:
        for key, record in keyed(entity, found.get(entity, ())).items():
            position += 1
            FollowRow.objects.create(park=park, entity=entity, key=key, values=record, position=position,
                                     about=str(record.get(ABOUT[entity], ""))[:500])  # fmt: skip


def _network_party(key: str) -> dict[str, str]:
    """Return who takes part in an exchange that is named as in a design, DONOR>STREAM>RECEIVER; else nothing."""
    donor, stream, receiver = key.split(">") if key.count(">") == 2 else ("", "", "")
    return {"donor": donor, "receiver": receiver, "origin": key} if donor and stream and receiver else {}


def _titles(folder: Path) -> dict[str, Text]:
    loaded = loaded_from(folder)
    return {e.id: e.name for e in loaded.book.exchanges} if loaded else {}


def export_follow(park: Park, folder: Path) -> None:
    """Bring the folder ``follow-up/`` of a study that was just written to what the park's rows say."""
    for entity in ENTITIES:
        _export(park, folder, entity)
    _export_parties(park, folder)


def export_terms(park: Park, folder: Path) -> None:
    """Bring the agreed terms in the folder of an older study to what the park's rows say now."""
    _export(park, folder, "terms")
    _export_parties(park, folder)


def _export(park: Park, folder: Path, entity: Entity) -> None:
    place, rows = folder / FOLDER, rows_of(park, entity)
    if _says(folder, entity, rows):
        return
    for end in ENDINGS:
        (place / f"{FILES[entity]}{end}").unlink(missing_ok=True)
    write_table(place / f"{FILES[entity]}.csv", [c.key for c in columns(entity)], rows)


def _export_parties(park: Park, folder: Path) -> None:
    parties = [
        {"exchange": e.key, "title": e.title, "title_zh": e.title_zh, "donor": e.donor.code if e.donor else "",
         "receiver": e.receiver.code if e.receiver else "", "named": "yes" if e.named else "no",
         "origin": network_name(e) or e.origin}
        for e in Exchange.objects.filter(park=park).select_related("donor", "receiver")
    ]  # fmt: skip
    if (
        (folder / PARTIES).exists()
        or any(p["donor"] or p["receiver"] or p["origin"] for p in parties)
        or _titled(folder, parties)
    ):
        write_table(folder / PARTIES, PARTY_KEYS, parties)


def _titled(folder: Path, parties: Sequence[Mapping[str, str]]) -> bool:
    """Whether an exchange is called otherwise than the study calls it, or known to both its firms."""
    known = _titles(folder) if parties else {}
    usual = {p["exchange"]: known.get(p["exchange"], Text(p["exchange"], "")) for p in parties}
    return any(
        p["named"] == "yes"
        or (p["title"], p["title_zh"]) != (usual[p["exchange"]].en[:200], usual[p["exchange"]].zh[:200])
        for p in parties
    )


def export_log(park: Park, folder: Path) -> None:
    """Write who noted each event, when, and who reads its words, beside a log that was just written."""
    rows = list(LogRow.objects.filter(park=park).select_related("exchange", "by"))
    firms = dict(FirmRow.objects.filter(park=park).values_list("pk", "code"))
    events: list[Record] = [{"exchange": row.exchange.key, **row.values} for row in rows]
    told = [
        {"exchange": key, "event": number, "digest": _digest(event), "shared": "yes" if row.shared else "no",
         "firm": firms.get(row.firm or 0, ""), "by": who(row), "time": row.time.isoformat(timespec="seconds")}
        for row, event, (key, number) in zip(rows, events, _numbered(events), strict=True)
        if row.shared or row.firm or row.author is None or who(row)
    ]  # fmt: skip
    if told:
        write_table(folder / LOG, LOG_KEYS, told)


def rows_of(park: Park, entity: Entity) -> list[Record]:
    """Return all rows of a kind, for export."""
    if entity == "event":
        rows = LogRow.objects.filter(park=park).select_related("exchange")
        return [{"exchange": row.exchange.key, **row.values} for row in rows]
    return [row.values for row in FollowRow.objects.filter(park=park, entity=entity)]


def _says(folder: Path, entity: Entity, rows: list[Record]) -> bool:
    """Whether a study's file says what the rows say; where there is neither, there is nothing to write."""
    try:
        sheets = {e: s for e, s in sheets_in(folder).items() if e == entity}
        told = list(read_records(sheets).get(entity, ()))
    except LichenError:
        return False
    return told == rows
