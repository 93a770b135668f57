"""Long work in the background: asked for here, done by :mod:`lichen.web.worker`, kept in the database.

A kind of work is a function in a module of :mod:`lichen.web.work`::

    @job("design")
    def run(park, params, progress):
        progress(0.2, "step_solving")
        return Made({"cost": 1.0}, {"report.html": "<!doctype html>…"})

It reads the park, writes nothing itself, and returns what is kept: a value for JSON, and files. It may be stopped at
any moment. Figures that a page always shows are :func:`standing`: the last result, renewed where the park changed.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from django.db import transaction
from django.utils import timezone

from lichen.web import work
from lichen.web.models import Job, JobFile, JobState, Park, User
from lichen.web.store import snapshot

T = TypeVar("T")
KEPT_STANDING = 2
"""Results of standing figures that are kept; older ones go."""
OPEN = (JobState.WAITING, JobState.RUNNING)


class Stopped(Exception):  # noqa: N818  # it is no error: somebody wanted it
    """Somebody stopped the job."""


class Progress(Protocol):
    """How a job says how far it is."""

    def __call__(self, share: float, step: str = "") -> None:
        """Say which share is done [1], and the key in texts.toml of what is done now.

        Raises
        ------
        Stopped
            If somebody stopped the job.
        """
        ...


@dataclass(frozen=True)
class Made:
    """What a job made.

    Parameters
    ----------
    value, files
        A value for JSON, and files by name.
    revision
        The park's revision that it is of (see :func:`steady`); ``None``: the one that the park had when the job began.
    write
        What else is written, together with the result or not at all.
    """

    value: Any = None
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    revision: int | None = None
    write: Callable[[], None] | None = None


Run = Callable[[Park, Mapping[str, Any], Progress], Made]


@dataclass(frozen=True)
class Kind:
    """A kind of work; quick ones do not wait for long ones."""

    name: str
    run: Run
    quick: bool


_kinds: dict[str, Kind] = {}


def job(name: str, quick: bool = False) -> Callable[[Run], Run]:
    """Register a function as a kind of work; ``quick``: a few seconds at most."""

    def register(run: Run) -> Run:
        _kinds[name] = Kind(name, run, quick)
        return run

    return register


def kind_of(name: str) -> Kind:
    """Return a kind of work; ``KeyError`` if there is none of that name."""
    if name not in _kinds:
        for module in pkgutil.iter_modules(work.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{work.__name__}.{module.name}")
    return _kinds[name]


def about(kind: str, params: Mapping[str, Any]) -> str:
    """Return what makes two jobs of a park the same: a digest of kind and parameters."""
    return hashlib.sha256(json.dumps([kind, dict(params)], sort_keys=True).encode()).hexdigest()


def submit(park: Park, kind: str, params: Mapping[str, Any], user: User | None) -> Job:
    """Ask for work and return its job; the one that waits already, where the same is asked for twice.

    Parameters
    ----------
    park, kind, params
        What; the parameters are plain values for JSON.
    user
        Who asks; ``None``: Lichen itself.
    """
    known = kind_of(kind)
    digest = about(kind, params)
    with transaction.atomic():
        Park.objects.select_for_update().get(pk=park.pk)
        waiting = Job.objects.filter(park=park, about=digest, state=JobState.WAITING).first()
        return waiting or Job.objects.create(
            park=park, user=user, kind=kind, params=dict(params), about=digest, quick=known.quick
        )


def run_again(found: Job, user: User | None) -> Job:
    """Ask for the work of a job that ended without a result once more."""
    return submit(found.park, found.kind, found.params, user)


def stop(found: Job) -> bool:
    """Stop a job: one that waits at once, one that runs within seconds; ``False`` if it had ended."""
    waiting = Job.objects.filter(pk=found.pk, state=JobState.WAITING)
    if waiting.update(state=JobState.CANCELLED, stop=True, ended=timezone.now()):
        return True
    return bool(Job.objects.filter(pk=found.pk, state=JobState.RUNNING).update(stop=True))


def last_done(park: Park, kind: str, params: Mapping[str, Any]) -> Job | None:
    """Return the last job of its kind and parameters that has a result."""
    done = Job.objects.filter(park=park, about=about(kind, params), state=JobState.DONE)
    return done.order_by("-ended").first()


@dataclass(frozen=True)
class Standing:
    """Figures that are always shown.

    Parameters
    ----------
    done
        The job whose result is shown; ``None``: none was ever made.
    open
        The job that renews them; ``None``: nothing changed since, or the last try ended without a result.
    failed
        The last try, where it ended without a result.
    """

    done: Job | None
    open: Job | None
    failed: Job | None = None


def standing(park: Park, kind: str, params: Mapping[str, Any]) -> Standing:
    """Return the last result of some figures, and ask for new ones where the park changed since.

    What failed, or was stopped, is not tried again before the park changes.
    """
    mine = Job.objects.filter(park=park, about=about(kind, params))
    done = last_done(park, kind, params)
    if done is not None and done.revision == park.revision:
        return Standing(done, None)
    under_way = mine.filter(state__in=OPEN).order_by("-created").first()
    if under_way is not None:
        return Standing(done, under_way)
    ended = mine.filter(state__in=(JobState.FAILED, JobState.CANCELLED), revision=park.revision).first()
    if ended is not None:
        return Standing(done, None, ended)
    return Standing(done, submit(park, kind, params, None))


def steady(park: Park, read: Callable[[Park], T]) -> tuple[T, int]:
    """Return what is read from a park, and the one revision that all of it is of; nobody is kept out meanwhile."""
    with snapshot():
        now = Park.objects.get(pk=park.pk)
        return read(now), now.revision


def keep(found: Job, made: Made, worker: str) -> bool:
    """Write what a job made, if it is still its worker's; older results of standing figures go."""
    with transaction.atomic():
        mine = Job.objects.filter(pk=found.pk, state=JobState.RUNNING, worker=worker)
        of = found.revision if made.revision is None else made.revision
        done = {"state": JobState.DONE, "share": 1.0, "step": "", "ended": timezone.now()}
        if not mine.update(**done, result=made.value, revision=of):
            return False
        JobFile.objects.bulk_create(
            JobFile(job=found, name=name, content=content.encode() if isinstance(content, str) else content)
            for name, content in made.files.items()
        )
        if made.write is not None:
            made.write()
        if found.user_id is None:
            same = Job.objects.filter(park=found.park, about=found.about, user=None).exclude(state__in=OPEN)
            old = list(same.order_by("-ended").values_list("pk", flat=True)[KEPT_STANDING:])
            Job.objects.filter(pk__in=old).delete()
    return True
