"""Follow-up of a study in and out: the folder ``follow-up/`` becomes rows, and rows become the same folder.

Files that say what the rows say are left as they are, letter for letter; others are written anew.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lichen.errors import FileError, LichenError, Problems
from lichen.figures import Text
from lichen.monitor.dictionary import ENTITIES, FILES, FOLDER, Entity, columns
from lichen.monitor.parties import PARTIES, PARTY_KEYS, read_parties
from lichen.monitor.read import ENDINGS, follow_up_of, records_of
from lichen.sheets import Sheet, find_sheet, read_sheets
from lichen.web.followed import ABOUT, Record, add_event, exchange_of, keyed, loaded_from, network_name
from lichen.web.followed_models import Exchange, FollowRow, LogRow
from lichen.web.models import FirmRow, Park


def sheets_in(folder: Path) -> dict[Entity, Sheet]:
    """Return the sheets of a study's follow-up; :class:`FileError` if one cannot be opened."""
    found: dict[Entity, Sheet] = {}
    for entity in ENTITIES:
        paths = [p for end in ENDINGS if (p := folder / FOLDER / f"{FILES[entity]}{end}").is_file()]
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
    """The follow-up of a study's folder: its records, what the study calls its exchanges, who takes part in them."""

    records: Mapping[Entity, tuple[dict[str, Any], ...]]
    titles: Mapping[str, Text]
    parties: Mapping[str, Mapping[str, str]]


def read_follow(folder: Path) -> FollowRead:
    """Return the follow-up of a study's folder; :class:`FileError` with all that is wrong with it."""
    parties = {row["exchange"]: row for row in read_parties(folder)}
    return FollowRead(read_records(sheets_in(folder)), _titles(folder), parties)


def import_follow(park: Park, read: FollowRead) -> None:
    """Fill an empty park's follow-up; exchanges get the names that the study gives them."""
    found, titles, parties = read.records, read.titles, read.parties
    firms = {f.code: f for f in FirmRow.objects.filter(park=park)}
    told = [*found.get("event", ()), *found.get("planned", ()), *found.get("actual", ()), *found.get("terms", ())]
    keys = [*parties, *(str(r["exchange"]) for r in told)]
    made: dict[str, Exchange] = {}
    for key in dict.fromkeys(k for k in keys if k):
        party, title = parties.get(key) or _network_party(key), titles.get(key, Text(key, ""))
        made[key] = exchange_of(
            park, key, title=(party.get("title") or title.en or key)[:200],
            title_zh=(party.get("title_zh") or title.zh)[:200], donor=firms.get(party.get("donor", "")),
            receiver=firms.get(party.get("receiver", "")), named=party.get("named") == "yes",
            origin=party.get("origin", "")[:200],
        )  # fmt: skip
    for event in found.get("event", ()):
        add_event(made[event["exchange"]], event, shared=False, by=None)
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
    place.mkdir(exist_ok=True)
    _write(place / f"{FILES[entity]}.csv", [c.key for c in columns(entity)], rows)


def _export_parties(park: Park, folder: Path) -> None:
    place = folder / FOLDER
    parties = [
        {"exchange": e.key, "title": e.title, "title_zh": e.title_zh, "donor": e.donor.code if e.donor else "",
         "receiver": e.receiver.code if e.receiver else "", "named": "yes" if e.named else "no",
         "origin": network_name(e) or e.origin}
        for e in Exchange.objects.filter(park=park).select_related("donor", "receiver")
    ]  # fmt: skip
    if any(p["donor"] or p["receiver"] or p["origin"] for p in parties) or (place / PARTIES).exists():
        place.mkdir(exist_ok=True)
        _write(place / PARTIES, PARTY_KEYS, parties)


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


def _write(path: Path, keys: Sequence[str], rows: Sequence[Record]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_text(row.get(key)) for key in keys] for row in rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


def _text(value: Any) -> str:
    """Return a value as a file spells it: a number that nobody takes for thousands."""
    if value is None:
        return ""
    text = repr(value) if isinstance(value, float) else str(value)
    _, point, rest = text.partition(".")
    return f"{text}0" if isinstance(value, float) and point and len(rest) == 3 and rest.isdigit() else text
