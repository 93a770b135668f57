"""What was answered is kept: the server is killed under four writers, again and again; backups while they write.

``LICHEN_KILLS`` says how often, 50 times if it does not; `make soak` sets it to 200.
"""

import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from http.client import HTTPException
from pathlib import Path

import pytest

from served import Browser, Served, database_of, lichen

KILLS = int(os.environ.get("LICHEN_KILLS", "50"))
WRITERS = 4
ON_POSTGRES = bool(os.environ.get("LICHEN_TEST_DATABASE_URL"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return an installation with Guiyang and an operator."""
    folder = tmp_path_factory.mktemp("lasting") / "data"
    assert lichen("web", "admin", "--email", "boss@example.org", data=folder).returncode == 0
    with Served(folder):
        pass
    return folder


class Writer(threading.Thread):
    """Counts in the note of one flow, as fast as it is answered; ``told`` is the last number that was answered."""

    def __init__(self, served, row):
        super().__init__()
        self.path = f"/api/v1/parks/guiyang/firms/{row['firm']}/flows/{row['id']}"
        self.browser, self.told, self.tried, self.wrong = Browser(served), 0, 0, ""
        self.stopped = threading.Event()

    def log_in(self, jar, csrf):
        self.browser.take(jar, csrf)
        return self

    def run(self):
        try:
            while not self.stopped.is_set():
                now = json.loads(self.browser.ask(self.path)[1])
                self.tried = self.told + 1
                status, text = self.browser.put(self.path, now["values"] | {"note": str(self.tried)}, now["version"])
                if status != 200:
                    self.wrong = f"{status} {text[:200]}"
                    return
                self.told = self.tried
        except (OSError, HTTPException, ValueError, urllib.error.URLError):
            return  # the server was killed


def writers(served):
    """Return four writers of four firms, and the browser they were made with."""
    boss = Browser(served).log_in("boss@example.org")
    rows, firms = [], set()
    for row in json.loads(boss.ask("/api/v1/parks/guiyang/flows?limit=400")[1])["rows"]:
        if row["firm"] not in firms and len(rows) < WRITERS:
            firms.add(row["firm"])
            rows.append(row)
    return boss, [Writer(served, row).log_in(boss.jar, boss.csrf) for row in rows]


def notes(boss, found):
    """Return what the notes of the writers' rows say now, with their versions."""
    rows = [json.loads(boss.ask(w.path)[1]) for w in found]
    return [(int(r["values"].get("note") or 0), r["version"]) for r in rows]


def test_no_answered_write_is_lost_by_kills(data):
    bounds = [(0, 0)] * WRITERS
    for round_ in range(KILLS + 1):
        with Served(data, "--no-workers") as served:
            boss, found = writers(served)
            now = notes(boss, found)
            for (note, version), (told, tried) in zip(now, bounds, strict=True):
                assert told <= note <= tried, "what was answered is there; what was not may be"
                assert version == 1 + note, "each change is one version"
            history = json.loads(boss.ask("/api/v1/parks/guiyang/history?limit=1")[1])["count"]
            assert history == sum(note for note, _ in now), "a row and its history change together"
            if round_ == KILLS:
                break
            for writer, (note, _) in zip(found, now, strict=True):
                writer.told = note
                writer.start()
            until = time.monotonic() + 30
            while min(w.told - note for w, (note, _) in zip(found, now, strict=True)) < 2 and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.03 * (round_ % 8))  # a kill at another moment each time
            served.stop(signal.SIGKILL)
            for writer in found:
                writer.join(60)
                assert not writer.wrong
            bounds = [(w.told, w.tried) for w in found]
    assert min(told for told, _ in bounds) > 0
    if not ON_POSTGRES:
        import sqlite3

        with sqlite3.connect(data / "lichen.sqlite3") as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []


READER = """
import sys, threading
from pathlib import Path
from lichen.web import serve
serve.prepare(Path(sys.argv[1]))
from django.db import connection
from lichen.web.jobs import steady
from lichen.web.models import FirmRow, Park
from lichen.web.store import locked

def write():
    with locked(park):
        FirmRow.objects.filter(pk=firm.pk).update(name="written meanwhile")
        Park.objects.filter(pk=park.pk).update(revision=park.revision + 1)
    connection.close()

def read(now):
    before = FirmRow.objects.get(pk=firm.pk).name
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(10)
    assert not writer.is_alive(), "a reader kept a writer out"
    return before, FirmRow.objects.get(pk=firm.pk).name

park = Park.objects.get(slug="guiyang")
firm = FirmRow.objects.filter(park=park).first()
seen, revision = steady(park, read)
print(seen == (firm.name, firm.name), revision == park.revision)
print(FirmRow.objects.get(pk=firm.pk).name, Park.objects.get(pk=park.pk).revision == park.revision + 1)
"""


def test_long_reading_keeps_nobody_out_and_sees_one_revision(data, tmp_path):
    assert lichen("web", "backup", str(tmp_path / "before"), data=data).returncode == 0
    place = restored(data, tmp_path / "before", tmp_path / "copy")
    env = {**os.environ, "LICHEN_DATA": str(place), "LICHEN_DATABASE_URL": database_of(place), "LICHEN_URL": ""}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(place)], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == ["True True", "written meanwhile True"], done.stderr


def exported(data, out):
    done = lichen("web", "export", "--park", "guiyang", "--out", str(out), data=data)
    assert done.returncode == 0, done.stderr
    return out


def same(one, two):
    """Whether two folders hold the same files."""
    names = {p.relative_to(one) for p in one.rglob("*") if p.is_file()}
    assert names == {p.relative_to(two) for p in two.rglob("*") if p.is_file()}
    return [n for n in names if not filecmp.cmp(one / n, two / n, shallow=False)] == []


def restored(data, file, place):
    """Return a new installation from a backup."""
    place.mkdir()
    shutil.copy(data / "secret.key", place / "secret.key")
    if ON_POSTGRES:
        command = ["pg_restore", "--no-owner", "--exit-on-error", "-d", database_of(place), str(file)]
        subprocess.run(command, check=True, env={**os.environ, "PGOPTIONS": "-c lichen.park=all -c row_security=on"})
    else:
        shutil.copy(file, place / "lichen.sqlite3")
    return place


@pytest.mark.skipif(ON_POSTGRES and not shutil.which("pg_dump"), reason="no pg_dump")
def test_a_backup_under_load_restores_equal(data, tmp_path):
    with Served(data) as served:
        boss, found = writers(served)
        for writer, (note, _) in zip(found, notes(boss, found), strict=True):
            writer.told = note
            writer.start()
        time.sleep(1)
        before = [w.told for w in found]
        made = lichen("web", "backup", str(tmp_path / "during"), data=data)
        after = [w.tried for w in found]
        assert made.returncode == 0, made.stderr
        time.sleep(0.3)
        for writer in found:
            writer.stopped.set()
            writer.join(60)
            assert not writer.wrong
            assert writer.told > 0
        assert lichen("web", "backup", str(tmp_path / "quiet"), data=data).returncode == 0
    assert (tmp_path / "during").stat().st_mode & 0o077 == 0
    twice = lichen("web", "backup", str(tmp_path / "during"), data=data)
    assert twice.returncode == 1
    assert "never replaces" in twice.stderr

    during = restored(data, tmp_path / "during", tmp_path / "one")
    with Served(during) as served:
        boss, again = writers(served)
        now = notes(boss, again)
        for (note, version), low, high in zip(now, before, after, strict=True):
            assert low <= note <= high, "the copy is of one moment while it was made"
            assert version >= 1 + note
        history = json.loads(boss.ask("/api/v1/parks/guiyang/history?limit=1")[1])["count"]
        assert history == sum(version - 1 for _, version in now)
    quiet = restored(data, tmp_path / "quiet", tmp_path / "two")
    assert same(exported(data, tmp_path / "a"), exported(quiet, tmp_path / "b"))


def manage(data, *args):
    """Call a command of Django on an installation."""
    env = {**os.environ, "LICHEN_DATA": str(data), "DJANGO_SETTINGS_MODULE": "lichen.web.settings", "LICHEN_URL": "",
           "LICHEN_DATABASE_URL": database_of(data)}  # fmt: skip
    code = (
        "import sys; from django.core.management import execute_from_command_line; execute_from_command_line(sys.argv)"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_migrations_down_and_up_on_a_filled_database(data, tmp_path):
    exported(data, tmp_path / "before")
    manage(data, "migrate", "web", "0001", "--no-input")
    assert "[ ] 0002" in manage(data, "showmigrations", "web")
    manage(data, "migrate", "--no-input")
    assert "[ ]" not in manage(data, "showmigrations")
    # what the first migration has no table for (follow-up, costs) goes with its tables
    assert same(tmp_path / "before" / "inventory", exported(data, tmp_path / "after") / "inventory")
    with Served(data) as served:
        boss, found = writers(served)
        (note, version), *_ = notes(boss, found)
        row = json.loads(boss.ask(found[0].path)[1])
        assert boss.put(found[0].path, row["values"] | {"note": str(note + 1)}, version)[0] == 200


def test_a_backup_where_nothing_can_be_written(data, tmp_path):
    assert lichen("web", "backup", str(tmp_path / "none" / "file"), data=data).returncode == 1
    assert not Path(tmp_path / "none").exists()
