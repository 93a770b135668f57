"""The server as a process: ready, its data folder, restarts, refusals; sixteen writers of one firm lose nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lichen.errors import StudyError
from lichen.web.serve import check_address
from served import PASSWORD, Browser, Served, lichen

ON_POSTGRES = bool(os.environ.get("LICHEN_TEST_DATABASE_URL"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a data folder with the example and an operator."""
    data = tmp_path_factory.mktemp("served") / "data"
    made = lichen("web", "admin", "--email", "boss@example.org", data=data)
    assert made.returncode == 0, made.stderr
    with Served(data) as served:
        assert "loaded the example" in served.said
        assert "Nobody can log in" not in served.said
    return data


def test_the_data_folder_is_the_owners_alone(installed):
    assert installed.stat().st_mode & 0o077 == 0
    files = list(installed.iterdir())
    assert {p.name for p in files} >= {"secret.key"} | (set() if ON_POSTGRES else {"lichen.sqlite3"})
    assert all(p.stat().st_mode & 0o077 == 0 for p in files)
    assert len((installed / "secret.key").read_text()) > 60


def test_a_restart_keeps_everything(installed):
    key = (installed / "secret.key").read_text()
    with Served(installed) as served:
        assert "loaded" not in served.said
        status, page = Browser(served).log_in("boss@example.org").ask("/p/guiyang/")
        assert status == 200
        assert "45" in page
    assert (installed / "secret.key").read_text() == key


def test_a_program_reads_by_token_as_the_documentation_says(installed, tmp_path):
    """The script runs as it stands, in a process of its own, and reads every flow of the example."""
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    (tmp_path / "script.py").write_text(re.search(r"```py\n(.*?)```", text, re.S)[1], encoding="utf-8")
    with Served(installed, "--processes", "2") as served:
        env = {**os.environ, "LICHEN": served.base, "EMAIL": "boss@example.org", "PASSWORD": PASSWORD}
        done = subprocess.run(
            [sys.executable, tmp_path / "script.py"], env=env, capture_output=True, text=True, timeout=60
        )
        browser = Browser(served).log_in("boss@example.org")
        count = json.loads(browser.ask("/api/v1/parks/guiyang/flows?limit=1")[1])["count"]
        assert browser.ask("/api/v1/parks", **{"X-Session-Token": "x" * 32})[0] == 401
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == count > 100


def test_sixteen_writers_of_one_firm(installed):
    """Each adds one to the same number until it was taken; nothing is lost, and who was too late was told."""
    with Served(installed) as served:
        first = Browser(served).log_in("boss@example.org")
        row = json.loads(first.ask("/api/v1/parks/guiyang/flows?limit=1")[1])["rows"][0]
        path = f"/api/v1/parks/guiyang/firms/{row['firm']}/flows/{row['id']}"

        def add(_):
            browser = Browser(served).take(first.jar, first.csrf)
            late = 0
            while True:
                now = json.loads(browser.ask(path)[1])
                status, _ = browser.put(
                    path, now["values"] | {"quantity": now["values"]["quantity"] + 1}, now["version"]
                )
                if status == 200:
                    return late
                assert status == 409
                late += 1

        with ThreadPoolExecutor(16) as pool:
            late = list(pool.map(add, range(16)))
        after = json.loads(first.ask(path)[1])
        assert after["values"]["quantity"] == pytest.approx(row["values"]["quantity"] + 16)
        assert after["version"] == row["version"] + 16
        told = json.loads(first.ask("/api/v1/parks/guiyang/history?limit=100")[1])
        assert told["count"] == 16
        assert sum(late) >= 0


def test_what_was_answered_outlives_a_kill(installed):
    with Served(installed) as served:
        browser = Browser(served).log_in("boss@example.org")
        row = json.loads(browser.ask("/api/v1/parks/guiyang/flows?limit=1&offset=5")[1])["rows"][0]
        path = f"/api/v1/parks/guiyang/firms/{row['firm']}/flows/{row['id']}"
        status, _ = browser.put(path, row["values"] | {"note": "written"}, row["version"])
        assert status == 200
        served.stop(signal.SIGKILL)
    with Served(installed) as served:
        again = json.loads(Browser(served).log_in("boss@example.org").ask(path)[1])
        assert again["values"]["note"] == "written"


def test_studies_in_and_out_by_the_command_line(installed, tmp_path):
    out = tmp_path / "out"
    assert lichen("web", "export", "--park", "guiyang", "--out", str(out), data=installed).returncode == 0
    assert lichen("web", "import", str(out), "--park", "again", data=installed).returncode == 0
    twice = lichen("web", "import", str(out), "--park", "again", data=installed)
    assert twice.returncode == 1
    assert "already" in twice.stderr
    assert lichen("balance", str(out), "--json", data=installed).returncode == 0


def test_weak_passwords_and_taken_addresses(installed, tmp_path):
    weak = lichen("web", "admin", "--email", "x@example.org", data=installed, LICHEN_PASSWORD="123456789012")
    assert weak.returncode == 1
    taken = lichen("web", "admin", "--email", "boss@example.org", data=installed)
    assert taken.returncode == 1
    asked = lichen("web", "admin", data=installed, LICHEN_PASSWORD="")
    assert asked.returncode == 2


def test_a_link_from_the_command_line(installed):
    made = lichen("web", "link", "--email", "Boss@example.org", "--url", "https://park.example/", data=installed)
    assert made.stdout.startswith("https://park.example/account/password/reset/key/")
    assert lichen("web", "link", "--email", "x@example.org", data=installed).returncode == 1


def test_no_example(tmp_path):
    with Served(tmp_path / "data", "--no-example") as served:
        assert "loaded" not in served.said
        assert "Nobody can log in yet" in served.said


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", ""), ("192.168.1.5", ""), ("127.0.0.1", "park.example"),
                                           ("0.0.0.0", "ftp://park.example"), ("0.0.0.0", "https://park.example/path")])  # fmt: skip
def test_other_machines_need_an_address(host, url):
    with pytest.raises(StudyError):
        check_address(host, url)


def test_addresses_that_can_be():
    check_address("127.0.0.1", "")
    check_address("0.0.0.0", "https://park.example")


def test_help_does_not_load_django():
    code = "import sys; from lichen.cli import app; assert not any(m.split('.')[0] in ('django', 'allauth') for m in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
    assert Path(check_address.__code__.co_filename).exists()


def test_cookies_are_bound_to_https_where_it_is_served(tmp_path):
    code = ("import os; os.environ['LICHEN_URL']='https://park.example'; from lichen.web import settings as s; "
            "assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.SECURE_HSTS_SECONDS and "
            "s.ALLOWED_HOSTS == ['park.example'] and s.CSRF_TRUSTED_ORIGINS == ['https://park.example']")  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], timeout=60, cwd=tmp_path).returncode == 0


def test_the_database_url():
    from lichen.web.environment import database

    found = database("postgresql://u%40x:p%2Fw@db:5433/li%20chen?sslmode=require", Path())
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("u@x", "p/w", "db", "5433")
    assert (found["NAME"], found["OPTIONS"]) == ("li chen", {"sslmode": "require"})
    with pytest.raises(StudyError, match="mysql"):
        database("mysql://x", Path())


def test_members_from_the_command_line(installed):
    def member(*args):
        return lichen("web", "member", "--park", "guiyang", "--email", "m@example.org", *args, data=installed)

    made = member("--role", "facilitator")
    assert made.returncode == 0, made.stderr
    assert "lichen web link" in made.stderr
    assert member("--role", "facilitator").returncode == 0, "once more is no harm"
    assert member("--role", "firm", "--firm", "cement-01").returncode == 0
    near = member("--role", "firm", "--firm", "cement-1")
    assert near.returncode == 1
    assert "cement-01" in near.stderr
    for wrong in (("--role", "boss"), ("--role", "firm"), ("--role", "auditor", "--firm", "cement-01")):
        assert member(*wrong).returncode == 1, wrong
    assert (
        lichen(
            "web", "member", "--park", "guiyan", "--email", "m@example.org", "--role", "auditor", data=installed
        ).returncode
        == 1
    )
    assert (
        lichen("web", "member", "--park", "guiyang", "--email", "m", "--role", "auditor", data=installed).returncode
        == 1
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LICHEN_DATABASE_URL", "mysql://user@host/name", "LICHEN_DATABASE_URL"),
        ("LICHEN_DATABASE_URL", "postgresql://host", "LICHEN_DATABASE_URL"),
        ("LICHEN_DATABASE_URL", "postgresql://host:port/name", "LICHEN_DATABASE_URL"),
        ("LICHEN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "cannot be used"),
        ("LICHEN_OIDC", "/no/such/file", "file: The file cannot be read"),
        ("LICHEN_OIDC", "id = [", "TOML"),
        ("LICHEN_OIDC", 'id = "works"\nname = 3\n', "“client_id” is missing"),
        ("LICHEN_OIDC", 'id="a"\nname="a"\nclient_id="a"\nsecret="a"\nserver_url="works"\n', "“works”"),
    ],
)
def test_an_environment_that_cannot_be_is_told(variable, value, said, tmp_path):
    if variable == "LICHEN_OIDC" and not value.startswith("/"):
        (tmp_path / "oidc.toml").write_text(value)
        value = str(tmp_path / "oidc.toml")
    done = lichen("web", "admin", "--email", "boss@example.org", data=tmp_path / "data", **{variable: value})
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process answers on Windows")
def test_a_process_that_answers_is_replaced_and_none_outlives_the_server(tmp_path):
    def helpers():
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
                parent = int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if b"lichen.web.serve" in words and parent == server:
                found.append(int(path.parent.name))
        return found

    def awaited(wanted):
        for _ in range(100):
            if wanted(helpers()):
                return helpers()
            time.sleep(0.1)
        raise AssertionError(helpers())

    with Served(tmp_path / "data", "--no-example", "--no-workers", "--processes", "3") as served:
        server = served.process.pid
        first = awaited(lambda found: len(found) == 2)
        os.kill(first[0], signal.SIGKILL)
        second = awaited(lambda found: len(found) == 2 and first[0] not in found)
        assert Browser(served).ask("/account/login/")[0] == 200
        served.process.send_signal(signal.SIGKILL)
        served.process.wait(10)
        for pid in second:
            for _ in range(100):
                if (
                    not (Path("/proc") / str(pid) / "cmdline").exists()
                    or (Path("/proc") / str(pid) / "cmdline").read_bytes() == b""
                ):
                    break
                time.sleep(0.1)
            else:
                raise AssertionError(f"{pid} outlived its server")
