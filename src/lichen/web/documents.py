"""Files of exchanges: taken if they are what they say, stored under random names in the data folder, never opened."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from lichen.errors import InputError, Problem
from lichen.web.followed_models import Document, Exchange, random_name
from lichen.web.models import FirmRow, User
from lichen.web.sent import plain_name

LARGEST = 20 * 2**20
"""Largest document that is taken [bytes]."""
MOST = 200
"""Documents of one exchange."""
HEAD = 4096
"""Bytes that a file is told by."""


def _text(head: bytes) -> bool:
    return b"\0" not in head


KINDS: Mapping[str, Callable[[bytes], bool]] = {
    "pdf": lambda head: head.startswith(b"%PDF-"),
    "docx": lambda head: head.startswith(b"PK\x03\x04"), "xlsx": lambda head: head.startswith(b"PK\x03\x04"),
    "pptx": lambda head: head.startswith(b"PK\x03\x04"), "odt": lambda head: head.startswith(b"PK\x03\x04"),
    "ods": lambda head: head.startswith(b"PK\x03\x04"), "png": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpg": lambda head: head.startswith(b"\xff\xd8\xff"), "jpeg": lambda head: head.startswith(b"\xff\xd8\xff"),
    "txt": _text, "csv": _text,
}  # fmt: skip
"""Ending → whether a file begins as such a file does. None of them is run by a browser by itself."""


def folder() -> Path:
    """Return the folder of documents; others on the machine cannot read it."""
    place = Path(settings.DATA) / "documents"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def keep(exchange: Exchange, sent: UploadedFile[Any], *, shared: bool, by: User, firm: FirmRow | None) -> Document:
    """Store a file that was sent.

    Raises
    ------
    InputError
        If it is empty, too large, of a kind that is not taken, or not what its name says.
    """
    name = plain_name(sent.name or "", "document")
    wrong = refused(name, sent.read(HEAD), sent.size or 0)
    if wrong is not None:
        raise InputError((wrong,))
    if Document.objects.filter(exchange=exchange).count() >= MOST:
        raise InputError((Problem("workbench.documents_full", values={"most": MOST}),))
    sent.seek(0)
    stored, digest = store(sent.chunks())
    return Document.objects.create(
        park=exchange.park, exchange=exchange, name=name, stored=stored, size=sent.size or 0,
        digest=digest, shared=shared, by=by, firm=firm,
    )  # fmt: skip


def refused(name: str, head: bytes, size: int) -> Problem | None:
    """Return why a file is not taken; ``None`` where it is.

    Parameters
    ----------
    name, head, size
        Its name, its first :data:`HEAD` bytes, and its size [bytes].
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if not head or size > LARGEST:
        return Problem("workbench.document_size", values={"name": name, "most": LARGEST // 2**20})
    if ending not in KINDS or not KINDS[ending](head):
        return Problem("workbench.document_kind", values={"name": name, "allowed": sorted(KINDS)})
    return None


def store(chunks: Iterable[bytes]) -> tuple[str, str]:
    """Write a file into the folder of documents; return its random name there and its digest (SHA-256)."""
    stored, digest = random_name(), hashlib.sha256()
    handle = os.open(folder() / stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return stored, digest.hexdigest()


def answer(document: Document) -> HttpResponse:
    """Return a document to be saved, never shown or run in the browser."""
    if not re.fullmatch(r"[0-9a-f]{32}", document.stored):
        raise Http404
    try:
        content = (folder() / document.stored).read_bytes()
    except OSError:
        raise Http404 from None
    return HttpResponse(content, content_type="application/octet-stream", headers={
        "Content-Disposition": content_disposition_header(True, document.name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    })  # fmt: skip


def drop(document: Document) -> None:
    """Remove a document and its file."""
    path = folder() / document.stored
    document.delete()
    path.unlink(missing_ok=True)
