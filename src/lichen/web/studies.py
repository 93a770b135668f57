"""Whole studies in and out: a folder of files becomes a park, and a park becomes the same folder."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from lichen.errors import FileError, Problem, StudyError, Where
from lichen.files import LOCK
from lichen.inventory.dictionary import ENTITIES
from lichen.inventory.store import FOLDER, HISTORY, load, save
from lichen.inventory.store import history as history_of
from lichen.inventory.values import Inventory
from lichen.labelled import suggest
from lichen.study.config import Loaded
from lichen.study.load import STUDY_FILE, load_study
from lichen.web.costs import export_costs, import_costs
from lichen.web.follow_files import FollowRead, export_follow, import_follow, read_follow
from lichen.web.kept import Kept
from lichen.web.models import Change, Park, StudyFile
from lichen.web.rows import whole
from lichen.web.store import Origin, locked, snapshot, write_all

LARGEST_FILE = 50 * 2**20
MOST_FILES = 2000


@dataclass(frozen=True)
class Brought:
    """A study's folder as it was read: its firms, their history, its other files by path, its follow-up."""

    inventory: Inventory
    told: tuple[Change, ...]
    files: Mapping[str, bytes]
    follow: FollowRead


def read_study(folder: Path) -> Brought:
    """Return what a study's folder holds.

    Raises
    ------
    FileError
        If the inventory or the follow-up cannot be read, or a file is too large.
    """
    told = tuple(_told(n, e) for n, e in enumerate(history_of(folder), start=1))
    return Brought(load(folder), told, dict(_other_files(folder)), read_follow(folder))


def fill(park: Park, brought: Brought, origin: Origin) -> None:
    """Fill an empty park with a study: its inventory, the history of it, and its other files.

    Raises
    ------
    FileError
        If its costs cannot be read.
    Conflict
        If the park has firms already.
    """
    with locked(park):
        write_all(park, brought.inventory, origin)
        StudyFile.objects.filter(park=park).delete()
        StudyFile.objects.bulk_create(StudyFile(park=park, path=path, content=c) for path, c in brought.files.items())
        import_costs(park)
        for change in brought.told:
            change.park = park
        Change.objects.bulk_create(brought.told, batch_size=500)
        import_follow(park, brought.follow)


def import_study(park: Park, folder: Path, origin: Origin) -> None:
    """Fill an empty park with a study's folder; see :func:`read_study` and :func:`fill`."""
    fill(park, read_study(folder), origin)


def _told(line: int, entry: dict[str, Any]) -> Change:
    """Return a line of a study's history as a change; ``FileError`` if it is none."""
    keys = ("file", "entity", "firm", "row", "what", "field", "before", "after")
    texts = {key: entry.get(key, "") for key in keys}
    try:
        time = datetime.fromisoformat(entry["time"])
        if time.tzinfo is None or not all(isinstance(t, str) and "\0" not in t for t in texts.values()):
            raise ValueError
        change = Change(time=time, **texts)
        change.clean_fields(exclude=("park", "by", "row", "row_id", "before", "after"))
    except (TypeError, ValueError, OverflowError, ValidationError):
        where = Where(f"{FOLDER}/{HISTORY}")
        raise FileError((Problem("workbench.history_line", where, values={"line": line}),)) from None
    return change


def _other_files(folder: Path) -> list[tuple[str, bytes]]:
    """Return the files of a study beside its inventory by path; links that lead out of it are not followed."""
    found: list[tuple[str, bytes]] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or path.is_symlink() or inside.parts[0] == FOLDER or path.name == LOCK:
            continue
        if any(part.startswith(".") for part in inside.parts):
            continue
        if path.stat().st_size > LARGEST_FILE or len(found) >= MOST_FILES:
            raise FileError(
                (Problem("workbench.study_too_large", values={"file": inside.as_posix(), "most": MOST_FILES}),)
            )
        found.append((inside.as_posix(), path.read_bytes()))
    return found


def export_study(park: Park, folder: Path) -> None:
    """Write a park as a study: the folder that it came from, with what changed since."""
    with snapshot():
        _export(park, folder)


def _export(park: Park, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in StudyFile.objects.filter(park=park):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(file.content))
    export_costs(park, folder)
    save(whole(park), folder)
    export_follow(park, folder)
    told = Change.objects.filter(park=park, entity__in=ENTITIES)
    lines = [json.dumps(entry_of(change), ensure_ascii=False) + "\n" for change in told]
    if lines:
        (folder / FOLDER / HISTORY).write_text("".join(lines), encoding="utf-8", errors="surrogateescape", newline="")
    (folder / LOCK).unlink(missing_ok=True)


def entry_of(change: Change) -> dict[str, str]:
    """Return a change as a line of a study's history."""
    whens = {"time": change.time.isoformat(timespec="seconds"), "file": change.file}
    rest = {key: getattr(change, key) for key in ("entity", "firm", "row", "what", "field", "before", "after")}
    return {**whens, **{key: value for key, value in rest.items() if value}}


def zipped(park: Park) -> bytes:
    """Return a park's study as a ZIP file."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        folder = Path(name) / park.slug
        export_study(park, folder)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder.parent).as_posix())
    return out.getvalue()


@contextmanager
def unzipped(content: bytes) -> Iterator[Path]:
    """Lay out a study that :func:`zipped` made, inside the ``with`` block."""
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(name)  # our own
        yield next(Path(name).iterdir())


_said = Kept(8)


def study_of(park: Park) -> Loaded | None:
    """Return what the text files of a park's study say; ``None`` where it has no ``study.toml``.

    Raises
    ------
    StudyError
        With everything that is wrong with them.
    """
    texts = list(StudyFile.objects.filter(park=park, path__endswith=".toml"))
    if not any(file.path == STUDY_FILE for file in texts):
        return None
    return _said.get((park.pk, park.revision), partial(_loaded, texts))


def _loaded(texts: list[StudyFile]) -> Loaded:
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        for file in texts:
            path = Path(name) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(file.content))
        return load_study(name)


def new_park(slug: str, name: str, folder: Path) -> Park:
    """Make a park from a study's folder.

    Raises
    ------
    StudyError
        If the short name cannot be, or a park has it.
    FileError
        If the study cannot be read.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", slug):
        raise StudyError((Problem("workbench.bad_slug", values={"slug": slug}),))
    if Park.objects.filter(slug=slug).exists():
        raise StudyError((Problem("workbench.park_taken", values={"slug": slug}),))
    with transaction.atomic():
        park = Park.objects.create(slug=slug, name=name or slug)
        import_study(park, folder, Origin(None, folder.resolve().name))
    return park


def park_named(slug: str) -> Park:
    """Return the park with a short name; ``StudyError`` if there is none."""
    park = Park.objects.filter(slug=slug).first()
    if park is None:
        known = list(Park.objects.values_list("slug", flat=True))
        raise StudyError((Problem("workbench.no_park", values={"slug": slug, "near": suggest(slug, known) or "–"}),))
    return park


def export_to(slug: str, folder: Path) -> None:
    """Write a park to a new or empty folder.

    Raises
    ------
    StudyError
        If there is no such park, or something is in the folder.
    """
    park = park_named(slug)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError((Problem("workbench.not_empty", values={"folder": str(folder)}),))
    try:
        export_study(park, folder)
    except OSError as error:
        values = {"reason": error.strerror or type(error).__name__}
        raise FileError((Problem("sheets.not_written", Where(str(folder)), values=values),)) from None
