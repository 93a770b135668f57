"""Call a command with LICHEN_TEST_DATABASE_URL naming a PostgreSQL of its own, which is gone afterwards.

``python tests/on_postgres.py COMMAND …``; where PostgreSQL is not installed it says so, and nothing is called. The server
runs as a user without rights, listens at a socket in a folder of its own, and knows one role that may make databases but
is no superuser, as an installation's should be.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


def programs():
    """Return the folder of PostgreSQL's programs; ``None`` if it is not installed."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    return next((p for p in found if (p / "initdb").exists()), None)


def _as_user(folder):
    """Return how to call programs as a user without rights, who owns the folder: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {p.pw_name for p in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def postgres():
    """Give the address of a database of a server that runs until the end of the block."""
    bin_ = programs()
    with tempfile.TemporaryDirectory(prefix="lichen-pg-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        more = {**_as_user(name), "cwd": name, "stdout": subprocess.DEVNULL, "check": True}
        data = f"{name}/data"
        subprocess.run(
            [bin_ / "initdb", "-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], **more
        )
        options = " ".join(f"-c {s}" for s in (*SETTINGS, f"unix_socket_directories={name}"))
        subprocess.run([bin_ / "pg_ctl", "-D", data, "-w", "-l", f"{name}/log", "-o", options, "start"], **more)
        try:
            sql = "CREATE ROLE lichen LOGIN CREATEDB; "
            psql = [bin_ / "psql", "-q", "-h", name, "-U", "admin", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c"]
            subprocess.run([*psql, sql], **more)
            subprocess.run([*psql, "CREATE DATABASE lichen OWNER lichen"], **more)
            yield f"postgresql://lichen@/lichen?host={name}"
        finally:
            subprocess.run([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **more)


def main():
    if programs() is None:
        print(
            "PostgreSQL is not installed: nothing was tested on it. As root on Debian or Ubuntu: apt-get install postgresql"
        )
        return 0
    with postgres() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "LICHEN_TEST_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
