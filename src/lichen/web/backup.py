"""A copy of the database while it is used: as it was at one moment, in one file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from django.db import connection

from lichen.errors import FileError, Problem, StudyError, Where


def backup(file: Path) -> None:
    """Write the database to a new file, readable by its owner alone: SQLite's own form, or that of ``pg_dump -Fc``.

    Writers go on meanwhile. The file comes at once or not at all.

    Raises
    ------
    FileError
        If the file is there already, or cannot be written.
    StudyError
        If ``pg_dump`` is not installed, or refuses.
    """
    if file.exists():
        raise FileError((Problem("workbench.backup_exists", Where(str(file))),))
    try:
        with tempfile.TemporaryDirectory(prefix=".lichen-", dir=file.absolute().parent) as folder:
            part = Path(folder) / "part"
            if connection.vendor == "sqlite":
                _of_sqlite(part)
            else:
                _of_postgresql(part)
            part.chmod(0o600)
            os.link(part, file)  # refuses what came to be there meanwhile
    except (OSError, sqlite3.Error) as error:
        values = {"reason": getattr(error, "strerror", None) or str(error) or type(error).__name__}
        raise FileError((Problem("sheets.not_written", Where(str(file)), values=values),)) from None


def _of_sqlite(part: Path) -> None:
    with closing(sqlite3.connect(part)) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")


def _of_postgresql(part: Path) -> None:
    """Call pg_dump as the installation's role, for which the second wall is open as for any command."""
    program = shutil.which("pg_dump")
    if program is None:
        raise StudyError((Problem("workbench.no_pg_dump"),))
    known = connection.get_connection_params()
    words = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
    env = {
        **os.environ,
        **{words[k]: str(v) for k, v in known.items() if k in words},
        "PGOPTIONS": "-c lichen.park=all",
    }
    command = [program, "--format=custom", "--no-owner", "--enable-row-security", f"--file={part}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    if done.returncode:
        raise StudyError((Problem("workbench.pg_dump_failed", values={"reason": done.stderr.strip()[-500:]}),))
