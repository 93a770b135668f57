"""A worker as a process: ``python -m lichen.web.work NAME LANE``; the server starts it."""

from __future__ import annotations

import sys


def main() -> None:
    """Load Django, then work."""
    import django

    django.setup()
    from lichen.web.worker import work_for_server

    work_for_server(sys.argv[-2], sys.argv[-1])


if __name__ == "__main__":
    main()
