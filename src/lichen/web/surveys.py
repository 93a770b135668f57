"""Surveys that were sent: what they hold, what they would change for the firms that the sender speaks for."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.utils import timezone

from lichen.errors import LANGUAGES, LichenError, Problem, Where
from lichen.inventory.store import Change as Difference
from lichen.inventory.store import differences, merged
from lichen.inventory.survey import Survey, survey_of
from lichen.inventory.values import Inventory
from lichen.sheets import LIMITS, Sheet, read_sheets
from lichen.web.models import FirmRow, Upload
from lichen.web.policy import Action, Scope, log, reach
from lichen.web.rows import of_firm
from lichen.web.store import Conflict, Origin, locked, write_firm

LARGEST = 20 * 2**20
"""Largest survey that is taken [bytes]."""
SMALL = 256 * 2**10
"""Surveys up to this size are looked at while the page waits; larger ones in the background [bytes]."""
KEPT = datetime.timedelta(days=7)
"""How long a survey waits for a yes."""
MOST_SHOWN = 500
"""Problems and changes that a page lists."""
LIMITS_HERE = replace(LIMITS, file=LARGEST, unpacked=256 * 2**20, cells=2_000_000, memory=768 * 2**20, seconds=30)


@dataclass(frozen=True)
class Planned:
    """What a survey would do.

    Parameters
    ----------
    sheets, problems
        Its sheets, and everything worth knowing, with its cell.
    waiting
        Firms with errors; nothing of them is taken.
    firms
        Code → the firm as it would be.
    changes
        What that changes.
    seen
        Code → revision of the firm that it was compared with; ``None``: there is none.
    """

    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]
    waiting: tuple[str, ...]
    firms: Mapping[str, Inventory]
    changes: tuple[Difference, ...]
    seen: Mapping[str, int | None]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(p.severity == "error" for p in self.problems)


def is_large(upload: Upload) -> bool:
    """Whether a survey is looked at in the background; one that was taken over there has no content any more."""
    return not 0 < len(upload.content) <= SMALL


def keep(scope: Scope, name: str, content: bytes) -> Upload:
    """Keep a survey until its sender has looked at it; older ones that nobody wanted go."""
    Upload.objects.filter(created__lt=timezone.now() - KEPT).delete()
    log("survey sent", park=scope.park, by=scope.user, about=name)
    return Upload.objects.create(park=scope.park, user=scope.user, name=name, content=content)


def look(scope: Scope, upload: Upload) -> dict[str, Any]:
    """Return what a small survey would change, and remember which firms it was compared with."""
    found = plan(scope, upload.name, bytes(upload.content))
    Upload.objects.filter(pk=upload.pk).update(seen=dict(found.seen))
    return told(found)


def take_over(scope: Scope, upload: Upload) -> int:
    """Write a small survey that was looked at, and return the number of changes; :class:`Conflict` as :func:`apply`."""
    count = apply(scope, upload, plan(scope, upload.name, bytes(upload.content)), scope.user)
    upload.delete()
    log("survey taken over", park=scope.park, by=scope.user, about=f"{upload.name}: {count}")
    return count


def plan(scope: Scope, name: str, content: bytes) -> Planned:
    """Return what a file would change; nothing is written. A file that cannot be opened has problems alone."""
    sheets: Sequence[Sheet] = ()
    try:
        sheets = sheets_of(name, content)
        survey = survey_of(name, sheets)
    except LichenError as error:
        return Planned(tuple(sheets), error.problems, (), {}, (), {})
    own, foreign = _own(scope, survey)
    problems = (
        *survey.problems,
        *(Problem("workbench.foreign_firm", Where(file=name), values={"firm": f}) for f in foreign),
    )
    firms: dict[str, Inventory] = {}
    seen: dict[str, int | None] = {}
    changes: list[Difference] = []
    for firm in own.firms:
        row = reach(scope, Action.WRITE_ROWS, FirmRow).filter(code=firm.id).first()
        before = of_firm(row).inventory if row else Inventory()
        firms[firm.id] = merged(before, own.of_firm(firm.id), survey.entities)
        seen[firm.id] = row.revision if row else None
        changes += differences(before, firms[firm.id])
    allowed = _allowed(scope)
    waiting = tuple(w for w in survey.waiting if allowed is None or w in allowed)
    return Planned(tuple(sheets), problems, waiting, firms, tuple(changes), seen)


def sheets_of(name: str, content: bytes) -> Sequence[Sheet]:
    """Return the sheets of a file that was sent; it is opened by the library's bounded reader."""
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        suffix = Path(name).suffix.lower()[:8]
        path = Path(folder) / f"survey{suffix if suffix[1:].isalnum() and suffix.isascii() else ''}"
        path.write_bytes(content)
        try:
            return [replace(sheet, file=name, notes=tuple(_named(p, name) for p in sheet.notes))
                    for sheet in read_sheets(path, limits=LIMITS_HERE)]  # fmt: skip
        except LichenError as error:
            raise type(error)(tuple(_named(p, name) for p in error.problems)) from None


def _named(problem: Problem, name: str) -> Problem:
    return replace(problem, where=replace(problem.where, file=name))


def _allowed(scope: Scope) -> frozenset[str] | None:
    """Return the codes of firms that an account may write; ``None``: all, and new ones."""
    if scope.may(Action.ADD_FIRMS) and scope.everywhere(Action.WRITE_ROWS):
        return None
    return frozenset(reach(scope, Action.WRITE_ROWS, FirmRow).values_list("code", flat=True))


def _own(scope: Scope, survey: Survey) -> tuple[Inventory, tuple[str, ...]]:
    """Return what a survey says of firms that the account may write, and the other firms' codes in it.

    Of others nothing is said, not even whether there are such firms.
    """
    allowed, told = _allowed(scope), survey.inventory
    if allowed is None:
        return told, ()
    foreign = tuple(f.id for f in told.firms if f.id not in allowed)
    firms = tuple(f for f in told.firms if f.id in allowed)
    return Inventory(firms, tuple(p for p in told.processes if p.firm in allowed),
                     tuple(f for f in told.flows if f.firm in allowed)), foreign  # fmt: skip


def told(found: Planned) -> dict[str, Any]:
    """Return what a page says of a survey, as values for JSON; words in both languages."""
    ranked = sorted(found.problems, key=lambda p: ("error", "warning", "note").index(p.severity))
    return {
        "new": [code for code, revision in found.seen.items() if revision is None], "waiting": list(found.waiting),
        "readable": bool(found.sheets), "changed": len(found.changes), "wrong": len(ranked),
        "problems": [
            {
                "severity": p.severity, "place": f"{p.where.sheet} {p.where.cell}".strip(),
                **{lang: f"{p.found(lang)} {p.mend(lang)}".strip() for lang in LANGUAGES},
            }
            for p in ranked[:MOST_SHOWN]
        ],
        "changes": [
            {"what": c.what, "row": c.row, "entity": c.entity, "field": c.field, "before": c.before, "after": c.after}
            for c in found.changes[:MOST_SHOWN]
        ],
    }  # fmt: skip


def apply(scope: Scope, upload: Upload, found: Planned, by: Any) -> int:
    """Write a survey that was looked at, and return the number of changes.

    Raises
    ------
    Conflict
        If one of its firms was changed since it was looked at.
    """
    with locked(scope.park):
        if dict(found.seen) != upload.seen:
            raise Conflict
        return sum(
            write_firm(scope.park, code, after, Origin(by, upload.name), seen=found.seen[code])
            for code, after in found.firms.items()
        )
