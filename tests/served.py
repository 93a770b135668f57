"""The workbench as a process of its own, and a small client that fills forms and speaks JSON."""

import hashlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

PASSWORD = "correct horse battery staple"


def database_of(data):
    """Return the address of the PostgreSQL database of an installation, made on first sight; empty: SQLite."""
    server = os.environ.get("LICHEN_TEST_DATABASE_URL", "")
    if not server:
        return ""
    import psycopg

    name = "served_" + hashlib.sha256(str(data).encode()).hexdigest()[:16]
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f"CREATE DATABASE {name}")
    parts = urllib.parse.urlsplit(server)
    return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))


def lichen(*args, data, **more):
    env = {**os.environ, "LICHEN_PASSWORD": PASSWORD, "LICHEN_DATA": str(data), "LICHEN_LANG": "en",
           "LICHEN_DATABASE_URL": database_of(data), **more}  # fmt: skip
    env.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-c", "from lichen.cli import main; main()", *args]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


class Served:
    """A server in a process of its own."""

    def __init__(self, data, *args):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        env = {**os.environ, "LICHEN_DATABASE_URL": database_of(data), "LICHEN_URL": "", "LICHEN_LANG": "en"}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        self.base = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-c", "from lichen.cli import main; main()", "serve", "--data", str(data), "--port",
                   str(self.port), *args]  # fmt: skip
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = ""
        while "ready at" not in self.said:
            line = self.process.stderr.readline()
            assert line, f"the server stopped: {self.said}"
            self.said += line

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop(signal.SIGTERM)

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait(30)
        self.process.stderr.close()


class Browser:
    """A small client: cookies, forms with their tokens, JSON."""

    def __init__(self, served):
        self.base = served.base
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def take(self, jar, csrf):
        """Be somebody who is logged in elsewhere."""
        self.jar, self.csrf = jar, csrf
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        return self

    def ask(self, path, data=None, method=None, **headers):
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def token(self):
        return re.search(
            r'csrfmiddlewaretoken" value="(\w+)"', self.ask("/account/login/" if not self.jar else "/account/")[1]
        )[1]

    def log_in(self, email):
        form = {"csrfmiddlewaretoken": self.token(), "login": email, "password": PASSWORD}
        self.ask("/account/login/", urllib.parse.urlencode(form).encode())
        self.csrf = self.token()
        return self

    def put(self, path, values, version):
        data = json.dumps({"values": values}).encode()
        return self.ask(path, data, "PUT", **{"Content-Type": "application/json", "If-Match": f'"{version}"',
                                              "X-CSRFToken": self.csrf})  # fmt: skip
