"""A study that somebody sent as a ZIP file, unpacked: nothing outside its folder, nothing larger than may be."""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath

from lichen.errors import FileError, Problem, Where
from lichen.inventory.store import FOLDER
from lichen.web.studies import LARGEST_FILE, LONGEST, MOST_FILES

LARGEST = 200 * 2**20
"""Bytes of all files of a study together, unpacked."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PIECE = 2**16


def unpack(name: str, content: bytes, folder: Path) -> Path:
    """Write the files of a ZIP file into an empty folder; return the study: the folder, or the only one in it.

    What its list of contents says of sizes is not believed: bytes are counted as they come.

    Raises
    ------
    FileError
        If it is no ZIP file that can be read, or holds no study; a path leads elsewhere, is a link or stands twice; it
        is too large.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _all(name, archive, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise FileError((Problem("workbench.bad_zip", Where(name), values={"reason": str(error)[:200]}),)) from None
    inside = list(folder.iterdir())
    study = inside[0] if len(inside) == 1 and inside[0].is_dir() and inside[0].name != FOLDER else folder
    if not (study / FOLDER).is_dir():
        raise FileError((Problem("workbench.zip_no_study", Where(name), values={"folder": FOLDER}),))
    return study


def _all(name: str, archive: zipfile.ZipFile, folder: Path) -> None:
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) > MOST_FILES:
        raise _too_large(name, f"{len(members)} files")
    left, seen = LARGEST, set()
    for member in members:
        path = _path(name, member)
        key = path.as_posix().casefold()
        if key in seen:
            raise _elsewhere(name, member.filename)
        seen.add(key)
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        left -= _one(name, archive, member, place, min(left, LARGEST_FILE))


def _one(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path, most: int) -> int:
    """Write one file of at most so many bytes; return how many it has."""
    size = 0
    with archive.open(member) as packed, place.open("xb") as file:
        while piece := packed.read(PIECE):
            size += len(piece)
            if size > most:
                raise _too_large(name, member.filename)
            file.write(piece)
    return size


def _path(name: str, member: zipfile.ZipInfo) -> PurePosixPath:
    """Return where a file belongs in its study's folder."""
    text = member.filename
    path = PurePosixPath(text)
    mode = member.external_attr >> 16
    plain = text.isprintable() and "\\" not in text and ":" not in text and len(text) <= LONGEST
    inside = not path.is_absolute() and ".." not in path.parts and "." not in text.split("/") and path.parts
    file = not mode or stat.S_IFMT(mode) in (0, stat.S_IFREG)
    if not (plain and inside and file and member.compress_type in METHODS and not member.flag_bits & 1):
        raise _elsewhere(name, text)
    return path


def _elsewhere(name: str, path: str) -> FileError:
    return FileError((Problem("workbench.zip_path", Where(name), values={"path": ascii(path)[:200]}),))


def _too_large(name: str, what: str) -> FileError:
    values = {"file": ascii(what)[:200], "most": MOST_FILES}
    return FileError((Problem("workbench.study_too_large", Where(name), values=values),))
