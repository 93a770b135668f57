"""Write files so that a failure leaves what was there, and so that two writers do not undo each other."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LONGEST_WAIT = 30.0
"""How long a writer waits for another [s]."""
LOCK = ".lichen.lock"
"""Name of the file by which writers of a folder wait for each other; it may stay and does no harm."""


def replace_files(texts: Mapping[Path, str]) -> None:
    """Write files beside their places and put them there when all are written: a failing write changes none.

    What a link points to is replaced, not the link; a file that was there keeps its permissions.
    """
    written: dict[Path, Path] = {}
    try:
        for link, text in texts.items():
            path = link.resolve()
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            written[path] = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_mask())
        for path, new in written.items():
            new.replace(path)
    finally:
        for new in written.values():
            new.unlink(missing_ok=True)


def _mask() -> int:
    """Return the permissions that new files do not get; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other writers of ``folder`` out inside the ``with`` block; :class:`TimeoutError` if one stays too long."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=LONGEST_WAIT):
            yield
    except Timeout as error:
        raise TimeoutError(str(folder)) from error


def fingerprint(paths: Iterable[Path]) -> str:
    """Return what tells whether files are still as they were."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() if path.is_file() else b"-")
        digest.update(b"\0")
    return digest.hexdigest()


def no_text(value: Any, key: str = "") -> str | None:
    """Return the place of the first text inside a value that cannot be kept, e.g. ``rows.2.note``; ``None``: all can.

    A null character and half of a surrogate pair are no text: databases and files of text refuse them.
    """
    if isinstance(value, str):
        return key if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value) else None
    if isinstance(value, Mapping):
        pairs = [(str(k), v) for k, v in value.items()]
        if any(no_text(k) is not None for k, _ in pairs):
            return key
    elif isinstance(value, list | tuple):
        pairs = [(str(n), v) for n, v in enumerate(value, start=1)]
    else:
        return None
    return next((at for k, v in pairs if (at := no_text(v, f"{key}.{k}" if key else k)) is not None), None)
