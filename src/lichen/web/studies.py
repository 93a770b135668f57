"""Whole studies in and out: a folder of files becomes a park, and a park becomes the same folder."""

from __future__ import annotations

import io
import re
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from django.db import transaction

from lichen.appraise.cost_table import FILE as COSTS
from lichen.errors import FileError, Problem, Problems, StudyError, Where
from lichen.files import LOCK, no_text
from lichen.inventory.store import FOLDER, HISTORY, load, save
from lichen.inventory.values import Inventory
from lichen.labelled import suggest
from lichen.monitor.dictionary import FILES as FOLLOWED
from lichen.monitor.dictionary import FOLDER as FOLLOW
from lichen.monitor.parties import PARTIES
from lichen.monitor.read import ENDINGS
from lichen.study.config import Loaded
from lichen.study.load import STUDY_FILE, load_study
from lichen.web.costs import export_costs, file_of, import_costs
from lichen.web.document_files import INDEX, PLACE, export_documents, import_documents, read_documents
from lichen.web.document_files import Brought as BroughtDocument
from lichen.web.follow_files import LOG, FollowRead, export_follow, export_log, import_follow, read_follow
from lichen.web.followed_models import Exchange, FollowRow
from lichen.web.history_files import export_history, read_history
from lichen.web.kept import Kept
from lichen.web.models import Change, FirmRow, Park, StudyFile
from lichen.web.rows import whole
from lichen.web.run_models import CostRow
from lichen.web.store import Conflict, Origin, locked, snapshot, write_all

LARGEST_FILE = 50 * 2**20
MOST_FILES = 2000
LONGEST = 300
"""Characters of a file's path."""
APART = (HISTORY, INDEX, LOG)
"""Files that become rows and nothing else."""
WRITTEN = (
    *APART, STUDY_FILE, PARTIES, COSTS, *(f"{FOLLOW}/{name}{end}" for name in FOLLOWED.values() for end in ENDINGS),
)  # fmt: skip
"""Files that a park's study is written to; no folder of a study that comes in may be called so."""


@dataclass(frozen=True)
class Brought:
    """A study's folder as it was read: its firms, the history, other files by path, follow-up, documents."""

    inventory: Inventory
    told: tuple[Change, ...]
    files: Mapping[str, bytes]
    follow: FollowRead
    documents: tuple[BroughtDocument, ...]


def read_study(folder: Path) -> Brought:
    """Return what a study's folder holds.

    Raises
    ------
    FileError
        If the inventory, the follow-up, the history or a document cannot be read, with every problem of them; or a file
        is too large.
    """
    inventory, files, problems = load(folder), dict(_other_files(folder)), Problems()
    _check_places(folder, files, problems)
    told, firms = read_history(folder, problems), frozenset(f.id for f in inventory.firms)
    for name in (name for name in files if name.endswith(".toml")):
        at = _no_text(files[name])
        if at is not None:
            problems.add("workbench.no_text", Where(name, key=at))
    try:
        follow = read_follow(folder, firms, problems)
        documents = read_documents(folder, frozenset(follow.exchanges), firms, problems)
    except FileError as error:
        problems.extend(error.problems)
    problems.raise_if_errors(FileError)
    return Brought(inventory, told, files, follow, documents)


def _check_places(folder: Path, files: Mapping[str, bytes], problems: Problems) -> None:
    """Add each folder where a file of a study belongs, and each file where a folder does."""
    for name in dict.fromkeys((*WRITTEN, file_of(files.get(STUDY_FILE)))):
        if (folder / name).is_dir():
            problems.add("workbench.not_a_file", Where(name), path=name)
    for name in (FOLLOW, PLACE):
        if (folder / name).is_file():
            problems.add("workbench.not_a_folder", Where(name), path=name)


def _no_text(content: bytes) -> str | None:
    """Return where a TOML file has a text that no database keeps; one that cannot be read is told where it is used."""
    try:
        return no_text(tomllib.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        return None


def is_empty(park: Park) -> bool:
    """Whether nothing is in a park that a study would take the place of."""
    return not any(
        m._default_manager.filter(park=park).exists() for m in (FirmRow, Exchange, FollowRow, CostRow, StudyFile)
    )


def fill(park: Park, brought: Brought, origin: Origin) -> None:
    """Fill an empty park with a study: its inventory, its other files, its follow-up, documents, and the history.

    Raises
    ------
    FileError
        If its costs cannot be read.
    Conflict
        If something is in the park already.
    """
    with locked(park):
        if not is_empty(park):
            raise Conflict
        write_all(park, brought.inventory, origin)
        StudyFile.objects.bulk_create(StudyFile(park=park, path=path, content=c) for path, c in brought.files.items())
        import_costs(park)
        for change in brought.told:
            change.park = park
        Change.objects.bulk_create(brought.told, batch_size=500)
        import_follow(park, brought.follow)
        import_documents(park, brought.documents, origin)


def import_study(park: Park, folder: Path, origin: Origin) -> None:
    """Fill an empty park with a study's folder; see :func:`read_study` and :func:`fill`."""
    fill(park, read_study(folder), origin)


def _other_files(folder: Path) -> list[tuple[str, bytes]]:
    """Return the files of a study beside its inventory by path; links that lead out of it are not followed."""
    found: list[tuple[str, bytes]] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or path.is_symlink() or inside.parts[0] == FOLDER or path.name == LOCK:
            continue
        if (
            any(part.startswith(".") for part in inside.parts)
            or inside.as_posix() in APART
            or inside.is_relative_to(PLACE)
        ):
            continue
        if len(inside.as_posix()) > LONGEST or not inside.as_posix().isprintable():
            raise FileError(
                (Problem("workbench.file_name", values={"file": ascii(inside.as_posix()), "most": LONGEST}),)
            )
        if path.stat().st_size > LARGEST_FILE or len(found) >= MOST_FILES:
            raise FileError(
                (Problem("workbench.study_too_large", values={"file": inside.as_posix(), "most": MOST_FILES}),)
            )
        found.append((inside.as_posix(), path.read_bytes()))
    return found


def export_study(park: Park, folder: Path) -> None:
    """Write a park as a study that can be worked on: the folder that it came from, with what changed since."""
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
    export_history(park, folder)
    (folder / LOCK).unlink(missing_ok=True)


def export_whole(park: Park, folder: Path) -> list[Problem]:
    """Write a park as a study with all that is kept of it: the history of costs, registers, settings; documents too.

    Returns
    -------
    list of Problem
        A warning for each document whose file is not in the data folder any more.
    """
    export_study(park, folder)
    export_history(park, folder, HISTORY)
    export_log(park, folder)
    return export_documents(park, folder)


def zipped(park: Park) -> bytes:
    """Return a park's study, to be worked on, as a ZIP file."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        export_study(park, Path(name) / park.slug)
        _pack(Path(name), out)
    return out.getvalue()


def whole_zipped(park: Park) -> IO[bytes]:
    """Return a park's study with all that is kept of it as a ZIP file on the disk, which goes when it is closed."""
    out = tempfile.TemporaryFile(prefix="lichen-")  # noqa: SIM115  # who sends it closes it
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        export_whole(park, Path(name) / park.slug)
        _pack(Path(name), out)
    out.seek(0)
    return out


def _pack(folder: Path, out: IO[bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())


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


def export_to(slug: str, folder: Path) -> list[Problem]:
    """Write a park with all that is kept of it to a new or empty folder; return warnings as :func:`export_whole` does.

    Raises
    ------
    StudyError
        If there is no such park, or something is in the folder.
    """
    park = park_named(slug)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError((Problem("workbench.not_empty", values={"folder": str(folder)}),))
    try:
        return export_whole(park, folder)
    except OSError as error:
        values = {"reason": error.strerror or type(error).__name__}
        raise FileError((Problem("sheets.not_written", Where(str(folder)), values=values),)) from None
