"""What the environment says of an installation's database and of where people log in, with words for what is wrong."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lichen.errors import Problem, StudyError, Where

PROVIDER = ("id", "name", "client_id", "secret", "server_url")
"""What a provider's file says, each as a text."""


def database(url: str, data: Path) -> dict[str, Any]:
    """Return Django's description of the database.

    Raises
    ------
    StudyError
        If the address is none of a database that can be used.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data / "lichen.sqlite3"),
            # a writer takes its lock at once, so that two never wait for each other in vain
            "CONN_MAX_AGE": 600,  # to open one costs as much as a page: functions, settings, the schema, an empty cache
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE", "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }  # fmt: skip
    try:
        parts, port = urlsplit(url), str(urlsplit(url).port or "")
    except ValueError:
        parts, port = urlsplit(""), ""
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgresql", "postgres") or not name:
        raise StudyError((Problem("workbench.bad_database", values={"scheme": parts.scheme or "–"}),))
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": name,
        "USER": unquote(parts.username or ""), "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "", "PORT": port, "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True,
    }  # fmt: skip


def provider(path: str) -> Mapping[str, str]:
    """Return the OpenID Connect provider that the operator named; empty without one.

    Raises
    ------
    StudyError
        If the file cannot be read, or lacks something.
    """
    if not path:
        return {}
    where = Where(Path(path).name)
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        values = {"reason": error.strerror or type(error).__name__}
        raise StudyError((Problem("study.unreadable", where, values=values),)) from None
    except (ValueError, RecursionError) as error:
        raise StudyError((Problem("study.not_toml", where, values={"reason": str(error)}),)) from None
    lacking = [key for key in PROVIDER if not isinstance(found.get(key), str) or not found[key].strip()]
    if lacking:
        raise StudyError(tuple(Problem("study.missing_key", where, values={"name": key}) for key in lacking))
    if not origin(found["server_url"]):
        raise StudyError((Problem("workbench.bad_url", where, values={"url": found["server_url"]}),))
    return {key: found[key].strip() for key in PROVIDER}


def origin(url: str) -> str:
    """Return the scheme, host and port of an address; empty if it is none that browsers use."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if good else ""


def check() -> None:
    """Read what the environment says; :class:`StudyError` tells what is wrong with it."""
    database(os.environ.get("LICHEN_DATABASE_URL", ""), Path())
    provider(os.environ.get("LICHEN_OIDC", ""))
