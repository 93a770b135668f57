"""Follow-up of a park: rows of the database as the library's values, and their writer.

Rows become sheets with the dictionary's headings and are read by :func:`lichen.monitor.read.follow_up_of`, as the files
of a study are; so a study says the same in a folder and here.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from lichen.errors import LichenError, Problem
from lichen.figures import Text
from lichen.indicators.material_flows import flow_indicators
from lichen.inventory.estimate import estimate
from lichen.knowledge.values import CITY
from lichen.monitor.dictionary import ENTITIES, FILES, Entity, columns
from lichen.monitor.read import follow_up_of
from lichen.monitor.values import FollowUp
from lichen.sheets import Cell, Sheet
from lichen.study.config import Loaded
from lichen.study.follow import FollowResult, Worked, follow_of
from lichen.study.load import STUDY_FILE, load_study
from lichen.vocabulary.materials import materials
from lichen.web.followed_models import Exchange, FollowRow, LogRow
from lichen.web.kept import Kept
from lichen.web.models import Change, FirmRow, Opportunity, Park, StudyFile, User
from lichen.web.policy import Action, Scope, event_shown, reach, title_shown
from lichen.web.rows import reached

Record = Mapping[str, Any]
KEYS: Mapping[Entity, tuple[str, ...]] = {
    "planned": ("exchange", "year"), "actual": ("exchange", "year"), "terms": ("exchange", "start"),
    "measure": ("firm", "measure", "year"),
    "milestone": ("milestone", "exchange"), "target": ("indicator", "year"),
}  # fmt: skip
"""What tells a row of a register from the others; alike ones are counted."""
ABOUT: Mapping[Entity, str] = {
    "planned": "exchange", "actual": "exchange", "terms": "exchange", "measure": "firm", "milestone": "exchange",
    "target": "indicator",
}  # fmt: skip


def sheet_of(entity: Entity, records: Iterable[Record]) -> Sheet:
    """Return records as the sheet that a study's file of them would be."""
    keys = [c.key for c in columns(entity)]
    rows: list[tuple[Cell, ...]] = [tuple(record.get(key) for key in keys) for record in records]
    return Sheet(FILES[entity], "", (tuple(keys), *rows))


def read(records: Mapping[Entity, Sequence[Record]]) -> FollowUp:
    """Return what records mean, with every problem at its cell; see :func:`place_of`."""
    return follow_up_of({entity: sheet_of(entity, rows) for entity, rows in records.items()}, own=True)


def place_of(problem: Problem) -> tuple[int, str] | None:
    """Return number of the record (from 0) and column key that a problem of :func:`read` speaks of."""
    from xlsxwriter.utility import xl_cell_to_rowcol

    entity = next((e for e in ENTITIES if FILES[e] == problem.where.file), None)
    if entity is None or not problem.where.cell:
        return None
    row, column = xl_cell_to_rowcol(problem.where.cell)
    keys = [c.key for c in columns(entity)]
    return (row - 1, keys[column]) if row > 0 and column < len(keys) else None


def events_of(scope: Scope) -> list[dict[str, Any]]:
    """Return the log as far as an account may read it: of what is not shared, state and date alone."""
    rows = list(reach(scope, Action.SEE_BOARD, LogRow).select_related("exchange"))
    told: list[dict[str, Any]] = []
    before: dict[int, str] = {}
    for row in rows:
        shown = event_shown(scope, row)
        state = str(row.values.get("state"))
        if set(shown) == set(row.values) or before.get(row.exchange_id) != state:
            told.append(shown | {"exchange": row.exchange.key})
        before[row.exchange_id] = state
    return told


def records(scope: Scope) -> dict[Entity, list[Record]]:
    """Return all of follow-up that an account may read, by kind, in its order."""
    found: dict[Entity, list[Record]] = {entity: [] for entity in ENTITIES}
    found["event"] = list(events_of(scope))
    for row in reach(scope, Action.READ_FOLLOW, FollowRow):
        found[row.entity].append(row.values)  # type: ignore[index]
    return found


def titles(scope: Scope) -> dict[str, Text]:
    """Return what the exchanges that an account sees are called, by their names in the log."""
    rows = reach(scope, Action.SEE_BOARD, Exchange).select_related("donor", "receiver")
    return {row.key: title_shown(scope, row) for row in rows}


def today() -> datetime.date:
    """Return the day that standings are told for."""
    return timezone.localdate()


_loaded = Kept(8)


def _load(park: Park) -> Loaded | None:
    """Return the text files of a park's study, for the names of its sources; ``None`` where they cannot be read."""
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        for file in StudyFile.objects.filter(park=park):
            path = Path(name) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(file.content))
        return loaded_from(Path(name))


def loaded_from(folder: Path) -> Loaded | None:
    """Return a study's text files; ``None`` where there are none that can be read."""
    if not (folder / STUDY_FILE).is_file():
        return None
    try:
        return load_study(folder)
    except LichenError:
        return None


def followed(scope: Scope, date: datetime.date | None = None, year: int = 0) -> FollowResult:
    """Return the follow-up of a park on a day, as far as an account may read it."""
    inventory = reached(scope)

    def worked_out() -> Worked | None:
        newest = max((f.year for f in inventory.flows), default=0)
        return (newest, flow_indicators(estimate(inventory, newest).inventory, newest)) if newest else None

    park = scope.park
    loaded = _loaded.get((park.pk, park.revision), lambda: _load(park))
    names = titles(scope)
    return follow_of(
        read(records(scope)), Text(park.name, park.name_zh or park.name), date or today(), year,
        sizes={f.id: f.size for f in inventory.firms}, names=names, worked_out=worked_out,
        loaded=loaded,
    )  # fmt: skip


# --- writing ---------------------------------------------------------------------------------------------------------
def key_of(entity: Entity, record: Record, nth: int = 0) -> str:
    """Return what a row is told from the others by; ``nth`` counts rows that are alike in that."""
    parts = [entity, *(str(record.get(key, "")) for key in KEYS[entity]), str(nth or "")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def keyed(entity: Entity, found: Iterable[Record]) -> dict[str, Record]:
    """Return records by key."""
    seen: Counter[str] = Counter()
    made: dict[str, Record] = {}
    for record in found:
        alike = key_of(entity, record)
        made[key_of(entity, record, seen[alike])] = record
        seen[alike] += 1
    return made


def free_key(park: Park, entity: Entity, record: Record, but: int = 0) -> str:
    """Return the first key of a record that no row has, but the row with the id ``but``."""
    nth = 0
    while True:
        key = key_of(entity, record, nth)
        if not FollowRow.objects.filter(park=park, entity=entity, key=key).exclude(pk=but).exists():
            return key
        nth += 1


def row_name(entity: Entity, record: Record) -> str:
    """Return what a row is called in the history."""
    return " · ".join(str(record[key]) for key in KEYS[entity] if record.get(key) not in (None, ""))


def write_row(park: Park, entity: Entity, record: Record, key: str, row: FollowRow | None, by: User | None,
              file: str) -> FollowRow:  # fmt: skip
    """Make or change a row of a register, with its history; the park must be locked."""
    before: Record = row.values if row else {}
    if row is None:
        last = FollowRow.objects.filter(park=park).aggregate(last=Max("position"))["last"] or 0
        row = FollowRow(park=park, entity=entity, position=last + 1, version=0)
    if before == dict(record):
        return row
    row.key, row.values, row.about = key, dict(record), str(record.get(ABOUT[entity], ""))[:500]
    row.version += 1
    row.save()
    _tell(row, "changed" if before else "new", before, record, by, file)
    return row


def remove_row(row: FollowRow, by: User | None, file: str) -> None:
    """Remove a row of a register; its history stays."""
    _tell(row, "gone", row.values, {}, by, file)
    row.delete()


def _tell(row: FollowRow, what: str, before: Record, after: Record, by: User | None, file: str) -> None:
    """Add to the history: a line for each value that came, changed or went."""
    entity: Entity = row.entity  # type: ignore[assignment]
    given = {
        "park": row.park, "time": timezone.now(), "by": by, "file": file[:500], "entity": entity, "row_id": row.pk,
        "firm": row.about if entity == "measure" else "", "row": row_name(entity, after or before), "what": what,
    }  # fmt: skip
    told = [(c.key, before.get(c.key, ""), after.get(c.key, "")) for c in columns(entity)]
    Change.objects.bulk_create(
        Change(**given, field=key, before=str(old), after=str(new)) for key, old, new in told if old != new
    )


def take_over(park: Park, entity: Entity, found: Sequence[Record], by: User | None, file: str,
              among: Iterable[FollowRow], replace: bool) -> tuple[int, int]:  # fmt: skip
    """Write the rows of a table into a register; return how many came or changed, and how many went.

    Parameters
    ----------
    park, entity, found
        Where to, and the rows; one that has the key of a row there takes its place.
    by, file
        Who, and from which file.
    among
        The rows that the writer may change.
    replace
        Whether rows that the table does not hold go.
    """
    old = {row.key: row for row in among}
    count = 0
    for key, record in keyed(entity, found).items():
        row = old.pop(key, None)
        version = row.version if row else 0
        own = key if row else free_key(park, entity, record)
        count += write_row(park, entity, record, own, row, by, file).version != version
    gone = list(old.values()) if replace else []
    for row in gone:
        remove_row(row, by, file)
    return count, len(gone)


def add_event(exchange: Exchange, record: Record, *, shared: bool, by: User | None, firm: FirmRow | None = None,
              time: datetime.datetime | None = None, author: str | None = None) -> LogRow:  # fmt: skip
    """Add an event to the log of an exchange; ``author``: who noted it, where it came in with a study."""
    values = {key: value for key, value in record.items() if value not in (None, "") and key != "exchange"}
    return LogRow.objects.create(
        park=exchange.park, exchange=exchange, values=values, shared=shared, by=by,
        firm=firm.pk if firm else None, time=time or timezone.now(), author=author,
    )  # fmt: skip


def is_opportunity(origin: str) -> bool:
    """Whether an exchange came from an opportunity's page, and not from a design or somebody's own words."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", origin) is not None


def opportunity_of(exchange: Exchange) -> Opportunity | None:
    """Return the opportunity whose page an exchange came from."""
    mine = Opportunity.objects.filter(park=exchange.park_id)
    return mine.filter(pk=exchange.origin).first() if is_opportunity(exchange.origin) else None


def network_name(exchange: Exchange) -> str:
    """Return what a design calls the opportunity that an exchange came from, DONOR>STREAM>RECEIVER; empty: none.

    Of an opportunity the database keeps a digest of that name and its two firms; the stream is the one that fits.
    """
    found = opportunity_of(exchange)
    if found is None:
        return ""
    donor, receiver = (firm.code if firm is not None else CITY for firm in (found.donor, found.receiver))
    names = (f"{donor}>{material.code}>{receiver}" for material in materials())
    return next((name for name in names if hashlib.sha256(name.encode()).hexdigest() == found.key), "")


def known_from(park: Park, origin: str) -> Exchange | None:
    """Return the exchange that came from the same opportunity: from its page, or from a design of it."""
    if not is_opportunity(origin):
        return None
    rows = Exchange.objects.filter(park=park)
    found, handle = rows.filter(origin=origin).first(), Opportunity.objects.filter(park=park, pk=origin).first()
    if found is not None or handle is None:
        return found
    named = rows.filter(origin__contains=">")
    return next((r for r in named if hashlib.sha256(r.origin.encode()).hexdigest() == handle.key), None)


def own_name(park: Park, title: str) -> str:
    """Return what an exchange may be called in the log after its title: no other is called so."""
    name = slugify(title)[:100] or "-".join(title.split())[:100]
    taken = set(Exchange.objects.filter(park=park, key__startswith=name).values_list("key", flat=True))
    return next(key for n in itertools.count(1) if (key := name if n == 1 else f"{name}-{n}") not in taken)


def exchange_of(park: Park, key: str, **more: Any) -> Exchange:
    """Return the exchange of a key; it is made where the board has none."""
    made, _ = Exchange.objects.get_or_create(park=park, key=key, defaults={"title": key[:200], **more})
    return made
