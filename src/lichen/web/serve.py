"""Start the workbench: one process, its data folder, its database brought up to date, a server for browsers."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lichen.errors import FileError, Problem, StudyError, Where

if TYPE_CHECKING:
    from lichen.web.models import FirmRow, Park, User

THREADS = 3
"""Threads of a process: more would only take turns at Python's one lock, and hold the database's longer."""
RESTING = 20_000
"""Objects made before Python looks for circles among them; a page makes some thousands that go by themselves."""
LARGEST_BODY = 25 * 2**20
EXAMPLE = "guiyang"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def prepare(data: Path, url: str = "") -> None:
    """Make the data folder with its secret key, load Django, and bring the database up to date.

    Parameters
    ----------
    data
        Folder of the installation; others on the machine cannot read it.
    url
        Address that browsers use; empty: this machine only.

    Raises
    ------
    StudyError
        If the packages of the workbench are not installed, or the environment names no usable database or provider.
    FileError
        If the folder cannot be written, or the database not be reached.
    """
    if importlib.util.find_spec("django") is None:
        raise StudyError((Problem("workbench.not_installed"),))
    from lichen.web import environment

    environment.check()
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _secret(data / "secret.key")
    except OSError as error:
        values = {"reason": error.strerror or type(error).__name__}
        raise FileError((Problem("sheets.not_written", Where(str(data)), values=values),)) from None
    os.environ["LICHEN_DATA"] = str(data.resolve())
    if url:
        os.environ["LICHEN_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "lichen.web.settings"
    # the database, its journal and whatever else is made from here on is the installation's own business
    os.umask(0o077)
    import django
    from django.core.management import call_command
    from django.db import OperationalError

    django.setup()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        _learn_sizes()
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise FileError((Problem("workbench.no_database", values={"reason": reason[:300]}),)) from None


def _learn_sizes() -> None:
    """Let SQLite learn how large its tables are, or it reads whole parks to find a firm's rows."""
    from lichen.web.store import learn_sizes

    learn_sizes()


def _secret(path: Path) -> None:
    """Write the key that sessions and links are signed with, once, readable by its owner alone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))


def load_example(folder: Path) -> bool:
    """Load the example of Guiyang into a park of its own, if the installation has no park yet."""
    from django.db import transaction

    from lichen.web.models import Park, User
    from lichen.web.store import Origin
    from lichen.web.studies import import_study

    if Park.objects.exists() or not (folder / "inventory").is_dir():
        return False
    with transaction.atomic():
        park = Park.objects.create(slug=EXAMPLE, name="Guiyang (example)", name_zh="贵阳（示例）")
        import_study(park, folder, Origin(None, "examples/guiyang"))
        for person in User.objects.filter(is_superuser=True):
            _may_all(person, park)
    return True


def _may_all(person: User, park: Park) -> None:
    """Give who operates the installation the roles with which the example can be looked at."""
    from lichen.web.models import Membership, Role

    for role in (Role.ADMINISTRATOR, Role.FACILITATOR):
        Membership.objects.create(park=park, user=person, role=role)


def example_folder() -> Path:
    """Return where the example of Guiyang is in a checkout; an installed package has none."""
    return Path(__file__).resolve().parents[3] / "examples" / EXAMPLE


def has_operator() -> bool:
    """Whether somebody operates the installation."""
    from lichen.web.models import User

    return User.objects.filter(is_superuser=True, is_active=True).exists()


def wall_is_passed() -> bool:
    """Whether PostgreSQL's row-level security does not hold the role of this installation."""
    from lichen.web import walls

    return walls.passed()


def make_operator(email: str, password: str, name: str = "") -> None:
    """Make who operates the installation, and give them the example's roles.

    Raises
    ------
    StudyError
        If the address is none or taken, or the password is too weak: it says why.
    """
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email
    from django.db import transaction

    from lichen.web.models import Park, User
    from lichen.web.policy import log

    email = email.strip().lower()
    try:
        validate_email(email)
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise StudyError((Problem("workbench.no_account", values={"reason": " ".join(error.messages)}),)) from None
    if User.objects.filter(email=email).exists():
        raise StudyError((Problem("workbench.account_taken", values={"email": email}),))
    with transaction.atomic():
        person = User.objects.create_user(email, password, name=name, is_superuser=True)
        for park in Park.objects.filter(slug=EXAMPLE, memberships=None):
            _may_all(person, park)
        log("operator made", by=person, about=email)


def link_for(email: str) -> str:
    """Return the path at which a person sets a new password.

    Raises
    ------
    StudyError
        If there is no such account.
    """
    from lichen.web.accounts import password_link
    from lichen.web.models import User
    from lichen.web.policy import log

    known = User.objects.filter(email=email.strip().lower()).first()
    if known is None:
        raise StudyError((Problem("workbench.no_such_account", values={"email": email}),))
    log("link for a password", about=known.email)
    return password_link(known)


def add_member(slug: str, email: str, role: str, firm: str = "", name: str = "") -> bool:
    """Give a person a role in a park, also one who has an account for other parks; return whether they have a password.

    Raises
    ------
    StudyError
        If there is no such park, role or firm, or the address is none.
    """
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from lichen.web.models import Membership, Role
    from lichen.web.people import invited
    from lichen.web.policy import log
    from lichen.web.studies import park_named

    park = park_named(slug)
    if role not in Role.values:
        raise StudyError((Problem("workbench.no_role", values={"role": role, "allowed": ", ".join(Role.values)}),))
    speaks_for = _firm_of(park, firm) if firm or role == Role.FIRM else None
    if speaks_for is not None and role != Role.FIRM:
        raise StudyError((Problem("workbench.no_role", values={"role": f"{role} --firm", "allowed": Role.FIRM}),))
    try:
        with transaction.atomic():
            person = invited(email, name)
            _, new = Membership.objects.get_or_create(park=park, user=person, role=role, firm=speaks_for)
            if new:
                log("role given", park=park, about=f"{person.email}: {role}{f' {firm}' if firm else ''}")
    except ValidationError as error:
        raise StudyError((Problem("workbench.no_account", values={"reason": " ".join(error.messages)}),)) from None
    return bool(person.has_usable_password())


def _firm_of(park: Park, code: str) -> FirmRow:
    """Return the firm of a park with a code; ``StudyError`` if there is none."""
    from lichen.labelled import suggest
    from lichen.web.models import FirmRow

    found = FirmRow.objects.filter(park=park, code=code).first()
    if found is None:
        known = list(FirmRow.objects.filter(park=park).values_list("code", flat=True))
        raise StudyError((Problem("workbench.no_firm", values={"firm": code or "–", "near": suggest(code, known)}),))
    return found


def check_address(host: str, url: str) -> None:
    """Refuse to serve other machines without the address that browsers use: cookies and forms are bound to it.

    Raises
    ------
    StudyError
        If the host is not this machine alone and no address is given, or the address is none.
    """
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")):
        raise StudyError((Problem("workbench.bad_url", values={"url": url}),))
    if not url and host not in LOOPBACK:
        raise StudyError((Problem("workbench.needs_url", values={"host": host}),))


def run(
    host: str, port: int, ready: Callable[[], None], proxy: str = "127.0.0.1", workers: bool = True, processes: int = 1,
) -> None:  # fmt: skip
    """Serve until stopped.

    Parameters
    ----------
    host, port
        Where to listen.
    ready
        Called when browsers can come.
    proxy
        Address of the proxy that ends HTTPS, whose word on addresses is taken; used where browsers come by HTTPS.
    workers
        Whether long work is done here too, in processes of its own.
    processes
        How many answer browsers: this one and others beside it, at the same socket.
    """
    from django.conf import settings

    from lichen.web import worker

    trusted = {"trusted_proxy": proxy, "trusted_proxy_count": 1,
               "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}} if settings.HTTPS else {}  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=1024) as listening:
        server = _server(listening, trusted)
        ready()
        end = worker.start() if workers else lambda: None
        over = threading.Event()
        for _ in range(processes - 1 if hasattr(os, "fork") else 0):
            threading.Thread(target=_beside, args=(listening.fileno(), trusted, over), daemon=True).start()
        try:
            server.run()
        finally:
            over.set()
            end()


def _server(listening: socket.socket, trusted: Mapping[str, Any]) -> Any:
    """Return what answers browsers at a socket."""
    from waitress.server import create_server

    from lichen.web.wsgi import application

    # what was loaded stays: it need not be looked through again and again for what can go
    gc.collect()
    gc.freeze()
    gc.set_threshold(RESTING)
    return create_server(
        application, sockets=[listening], threads=THREADS, ident=None, max_request_body_size=LARGEST_BODY,
        clear_untrusted_proxy_headers=True, **trusted,
    )  # fmt: skip


def _beside(listening: int, trusted: Mapping[str, Any], over: threading.Event) -> None:
    """Keep one more process alive that answers browsers at the same socket."""
    from lichen.web import worker

    shown = json.dumps({name: sorted(v) if isinstance(v, set) else v for name, v in trusted.items()})
    while not over.is_set():
        worker.attend(("-m", "lichen.web.serve", str(listening), shown), over, (listening,))
        over.wait(1.0)


def _answer_beside(listening: int, trusted: str) -> None:
    """Answer browsers at a socket of the server that started this process, until that is gone."""
    from lichen.web.worker import end_with_parent

    threading.Thread(target=end_with_parent, daemon=True).start()
    given = {name: set(v) if isinstance(v, list) else v for name, v in json.loads(trusted).items()}
    _server(socket.socket(fileno=listening), given).run()


if __name__ == "__main__":
    os.umask(0o077)
    import django

    django.setup()
    _answer_beside(int(sys.argv[1]), sys.argv[2])
