"""Write files so that a failure leaves what was there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def replace_files(texts: Mapping[Path, str]) -> None:
    """Write files beside their places and put them there when all are written: a failing write changes none."""
    written: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            written[path] = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for path, new in written.items():
            new.replace(path)
    finally:
        for new in written.values():
            new.unlink(missing_ok=True)
