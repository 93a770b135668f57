"""What columns of our own files of a study hold: who did something and when, yes or no, names that fit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lichen.figures import Text
from lichen.web.models import User

LONGEST_NAME = 150
"""Characters of a person's name."""
ALLOWED = {
    "name": Text("a file's name without a folder, at most 120 characters", "不带文件夹的文件名，至多 120 个字符"),
    "shared": Text("yes, no", "yes、no"), "named": Text("yes, no", "yes、no"),
    "by": Text("a name of at most 150 characters", "姓名，至多 150 个字符"),
    "time": Text("a time such as 2024-05-31T08:00:00+00:00", "时间，如 2024-05-31T08:00:00+00:00"),
    "exchange": Text("one line of at most 500 characters", "一行文字，至多 500 个字符"),
    **dict.fromkeys(("title", "title_zh", "origin"),
                    Text("one line of at most 200 characters", "一行文字，至多 200 个字符")),
}  # fmt: skip
"""What columns hold that several tables have."""


def moment(text: object) -> datetime | None:
    """Return a time that names its zone, as ``2024-05-31T08:00:00+00:00``; ``None`` if it is none."""
    try:
        found = datetime.fromisoformat(text)  # type: ignore[arg-type]
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError):
        return None


def is_name(text: object) -> bool:
    """Whether a text can be the name of a person: printable, and not long."""
    return isinstance(text, str) and text.isprintable() and len(text) <= LONGEST_NAME


def who(one: Any) -> str:
    """Return who did something, for a study that goes out: a name; of an address no more than what stands before @."""
    if one.author is not None:
        return str(one.author)
    return "" if one.by is None else called(one.by)


def called(user: User) -> str:
    """Return what a person is called in what goes out: a name, or what stands before the @ of an address."""
    return "".join(c for c in user.name or user.email.partition("@")[0] if c.isprintable())[:LONGEST_NAME]
