"""The workbench under load: ``python -m benchmarks.web [--quick] [--out FILE]``; writes docs/benchmarks-web.md.

One installation, 50 000 flows, 50 users who together ask about 103 times a second, four times of five to read; then the
same while designs of the example are made in the background. The generator runs on the same machine. Beside it, on
the same machine, a bare page of Django in one process: its figures tell machines apart, the ratio tells what the
workbench adds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"
USERS, PACE, WANTED = 50, 0.58, 50_000
READS = (
    ("firm", 4), ("flows", 3), ("flow form", 2), ("firms", 2), ("overview", 1), ("history", 1),
    ("API flows of a firm", 4), ("API flow", 4), ("API flows", 1),
)  # fmt: skip
"""What readers ask for, and how often."""
BARE = """
import sys
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], TEMPLATES=[
    {"BACKEND": "django.template.backends.django.DjangoTemplates"}])
import django; django.setup()
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import Template, Context
from django.urls import path
page = Template("<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>")
urlpatterns = [path("", lambda request: HttpResponse(page.render(Context({"title": "bare"}))))]
import waitress
waitress.serve(get_wsgi_application(), host="127.0.0.1", port=int(sys.argv[1]), threads=8, _quiet=True)
"""


@dataclass
class Heard:
    """What users heard: seconds by what they asked for, and answers that they did not want."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str, seconds: float, status: int) -> None:
        """Note one answer; 409 tells a writer that another was faster, and is no fault."""
        with self.lock:
            self.seconds.setdefault(what, []).append(seconds)
            if status not in (200, 409):
                self.wrong[f"{what}: {status}"] += 1

    def all(self) -> list[float]:
        """Return all times."""
        return sorted(s for found in self.seconds.values() for s in found)


def quantile(times: list[float], share: float) -> float:
    """Return a quantile of sorted times [ms]."""
    return 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")


def fill(data: Path) -> list[dict[str, Any]]:
    """Make an installation with a park of 50 000 flows: Guiyang again and again; return firms' flows for the users."""
    sys.path.insert(0, str(ROOT / "src"))
    from lichen.web import serve

    serve.prepare(data)
    from lichen.inventory.store import load
    from lichen.inventory.values import Inventory
    from lichen.web.models import FlowRow, Membership, Park, User
    from lichen.web.store import Origin, write_all

    one = load(ROOT / "examples" / "guiyang")
    codes = {f.id for f in one.firms}
    serve.make_operator("boss@example.org", PASSWORD)
    serve.load_example(ROOT / "examples" / "guiyang")
    firms, processes, flows = [], [], []
    for k in range(-(-WANTED // len(one.flows))):
        firms += [replace(f, id=f"{f.id}-{k}", name=f"{f.name} {k}") for f in one.firms]
        processes += [replace(p, firm=f"{p.firm}-{k}") for p in one.processes]
        flows += [
            replace(f, firm=f"{f.firm}-{k}", partner=f"{f.partner}-{k}" if f.partner in codes else f.partner)
            for f in one.flows
        ]
    park = Park.objects.create(slug="big", name="Big")
    write_all(park, Inventory(tuple(firms), tuple(processes), tuple(flows)), Origin(None, "benchmark"))
    for role in ("administrator", "facilitator"):
        Membership.objects.create(park=park, user=User.objects.get(), role=role)
    rows = list(FlowRow.objects.filter(park=park).values("pk", "firm_id"))
    from django.db import connection

    connection.close()
    return rows


class Browser:
    """A connection that is kept, with the cookies of one log-in."""

    def __init__(self, port: int, cookie: str = "", token: str = "") -> None:
        self.port, self.cookie, self.token = port, cookie, token
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Ask, and return status and text."""
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.token, **headers}
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.HTTPException, OSError):  # the server closed what was kept
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                kept = dict(c.split("=", 1) for c in self.cookie.split("; ") if "=" in c)
                kept.update([value.split(";")[0].split("=", 1)])
                self.cookie = "; ".join(f"{k}={v}" for k, v in kept.items())
        return answer.status, answer.read()

    def log_in(self) -> Browser:
        """Log in as the operator."""
        token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', self.ask("/account/login/")[1])
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1].decode(), "login": "boss@example.org", "password": PASSWORD}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _ = self.ask("/account/login/", "POST", urllib.parse.urlencode(form).encode(), **kind)
        assert status == 302, status
        again = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', self.ask("/account/")[1])
        assert again is not None
        self.token = again[1].decode()
        return self


def read(browser: Browser, what: str, row: dict[str, Any], chance: random.Random) -> int:
    """Ask for something; return the status."""
    firm, flow = row["firm_id"], row["pk"]
    path = {
        "firm": f"/p/big/firms/{firm}/", "flows": f"/p/big/flows/?page={chance.randint(1, 500)}",
        "flow form": f"/p/big/firms/{firm}/flows/{flow}/", "firms": f"/p/big/firms/?page={chance.randint(1, 38)}",
        "overview": "/p/big/", "history": "/p/big/history/", "API flow": f"/api/v1/parks/big/firms/{firm}/flows/{flow}",
        "API flows of a firm": f"/api/v1/parks/big/firms/{firm}/flows",
        "API flows": f"/api/v1/parks/big/flows?limit=100&offset={chance.randint(0, WANTED)}",
    }[what]  # fmt: skip
    return browser.ask(path)[0]


def change(browser: Browser, row: dict[str, Any], chance: random.Random, heard: Heard) -> None:
    """Read a flow, and write it with another note."""
    path = f"/api/v1/parks/big/firms/{row['firm_id']}/flows/{row['pk']}"
    found = json.loads(browser.ask(path)[1])
    body = json.dumps({"values": found["values"] | {"note": str(chance.random())}}).encode()
    start = time.perf_counter()
    status, _ = browser.ask(
        path, "PUT", body, **{"Content-Type": "application/json", "If-Match": str(found["version"])}
    )
    heard.add("change", time.perf_counter() - start, status)


def user(number: int, base: Browser, rows: list[dict[str, Any]], until: float, pace: float, heard: Heard) -> None:
    """Ask until the time is over: every ``pace`` seconds, or as fast as it is answered where that is 0."""
    chance = random.Random(number)
    browser = Browser(base.port, base.cookie, base.token)
    due = time.perf_counter() + chance.random() * pace
    while due < until:
        time.sleep(max(0.0, due - time.perf_counter()))
        row = chance.choice(rows)
        if chance.random() < 0.2:
            change(browser, row, chance, heard)
        else:
            what = chance.choices([w for w, _ in READS], [n for _, n in READS])[0]
            start = time.perf_counter()
            status = read(browser, what, row, chance)
            heard.add(what, time.perf_counter() - start, status)
        due = max(due + pace, time.perf_counter() if pace == 0 else due + pace)


def load(port: int, rows: list[dict[str, Any]], seconds: float, users: int, pace: float) -> tuple[Heard, float]:
    """Let users ask for some seconds; return what they heard, and answers a second."""
    base, heard = Browser(port).log_in(), Heard()
    base.ask("/p/big/")
    start = time.perf_counter()
    threads = [
        threading.Thread(target=user, args=(n, base, rows, start + seconds, pace, heard)) for n in range(users)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # before a change its row is read, which is a request too
    count = len(heard.all()) + len(heard.seconds.get("change", ()))
    return heard, count / (time.perf_counter() - start)


class Designs:
    """Designs of the example, one after the other, as long as the ``with`` block lasts; how many were made."""

    def __init__(self, port: int) -> None:
        self.browser, self.made, self.over = Browser(port).log_in(), 0, threading.Event()
        self.thread = threading.Thread(target=self._make)

    def _make(self) -> None:
        kind = {"Content-Type": "application/json"}
        while not self.over.is_set():
            body = json.dumps({"name": f"benchmark {self.made}", "objective": "npv"}).encode()
            status, told = self.browser.ask("/api/v1/parks/guiyang/designs", "POST", body, **kind)
            assert status == 202, told
            at = f"/api/v1/parks/guiyang/runs/{json.loads(told)['id']}"
            while not self.over.is_set():
                state = json.loads(self.browser.ask(at)[1])["state"]
                if state not in ("waiting", "running"):
                    assert state == "done", state
                    self.made += 1
                    break
                time.sleep(0.5)

    def __enter__(self) -> Designs:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()


def bare(port: int, seconds: float, users: int) -> float:
    """Return how often a second a bare page is answered to users who ask as fast as they can."""
    counts = [0] * users
    until = time.perf_counter() + seconds

    def ask(number: int) -> None:
        browser = Browser(port)
        while time.perf_counter() < until:
            assert browser.ask("/")[0] == 200
            counts[number] += 1

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


class Server:
    """A server in a process of its own."""

    def __init__(self, command: list[str], port: int) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "LICHEN_DATABASE_URL": "", "LICHEN_URL": ""}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def free() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def measure(seconds: float) -> str:
    """Return the page of findings."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        rows = fill(data)
        port = free()
        lichen = [sys.executable, "-c", "from lichen.cli import main; main()", "serve", "--data", str(data), "--port",
                  str(port), "--no-example"]  # fmt: skip
        with Server(lichen, port):
            load(port, rows, 5, 8, 0)
            paced, rate = load(port, rows, seconds, USERS, PACE)
            full, most = load(port, rows, seconds / 2, 8, 0)
            with Designs(port) as designs:
                beside, beside_rate = load(port, rows, seconds, USERS, PACE)
        bare_port = free()
        with Server([sys.executable, "-c", BARE, str(bare_port)], bare_port):
            bare(bare_port, 2, 8)
            floor = bare(bare_port, 5, 8)
    lines = (
        (f"{USERS} users, each every {PACE:g} s", rate, paced), ("8 users without a pause", most, full),
        (f"{USERS} users, while designs are made ({designs.made} done)", beside_rate, beside),
    )  # fmt: skip
    return _page(lines, floor)


def _line(name: str, rate: float, heard: Heard) -> str:
    times = heard.all()
    quantiles = " | ".join(f"{quantile(times, share):.0f}" for share in (0.5, 0.95, 0.99))
    return f"| {name} | {rate:.0f} | {quantiles} | {heard.wrong.total()} |"


def _page(loads: Sequence[tuple[str, float, Heard]], floor: float) -> str:
    paced, most = loads[0][2], loads[1][1]
    lines = [
        "# The workbench under load", "",
        f"Made by `make bench-web`: {WANTED} flows, SQLite, two processes, the generator on the same machine",
        f"({os.cpu_count()} cores, Python {sys.version.split()[0]}); of five actions one changes a flow.", "",
        "| load | answers/s | median [ms] | p95 [ms] | p99 [ms] | faults |", "|---|---:|---:|---:|---:|---:|",
        *(_line(*load) for load in loads),
        f"| a bare page of Django in one process, 8 users without a pause | {floor:.0f} | | | | |", "",
        f"The workbench answers {most / floor:.3f} times as often as the bare page.", "",
        "| asked for | answers | median [ms] | p95 [ms] |", "|---|---:|---:|---:|",
        *(f"| {what} | {len(found)} | {1000 * statistics.median(found):.0f} | {quantile(sorted(found), 0.95):.0f} |"
          for what, found in sorted(paced.seconds.items())),
    ]  # fmt: skip
    wrong = sum((heard.wrong for _, _, heard in loads), Counter[str]())
    return "\n".join([*lines, *(["", f"Faults: {dict(wrong)}"] if wrong else []), ""])


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks-web.md")
    given = parser.parse_args()
    page = measure(15 if given.quick else 60)
    given.out.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
