"""What comes with requests and goes out with answers: numbers, names of files, files to be saved."""

from __future__ import annotations

import mimetypes

from django.http import HttpResponse
from django.utils.http import content_disposition_header

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def whole_number(text: str) -> int:
    """Return a number that came with a request; 0 if it is none that a database holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def plain_name(name: str, otherwise: str) -> str:
    """Return a sent file's name as one printable line; the folder it came from is nobody's business."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-120:] or otherwise


def saved(content: bytes | str, name: str, kind: str = "") -> HttpResponse:
    """Return a file to be saved under a name; its kind is what the name says unless it is told."""
    kind = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
    disposition = content_disposition_header(True, name) or "attachment"
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})
