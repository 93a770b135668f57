"""Workers: processes beside the server that do the jobs, one at a time each, and the server's care for them.

The server starts two: one for everything, one for what is quick, so that figures of pages do not wait for a design. A
worker says every second that it lives, and looks whether its job was stopped. A job writes nothing before its end, so a
worker can end at any moment: it does where a job does not stop by itself, or when the server is gone. The server starts
another; what a dead worker was at is marked as interrupted.

On PostgreSQL several servers have workers of their own: a job is taken by one of them, since its row is locked.
"""

from __future__ import annotations

import datetime
import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from django.db import close_old_connections, connection, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from lichen.errors import LichenError, Problem
from lichen.web import walls
from lichen.web.jobs import Made, Stopped, keep, kind_of
from lichen.web.models import Job, JobState, Park

logger = logging.getLogger(__name__)
BEAT_S = 1.0
GRACE_S = 3.0
"""Time that a job has to stop by itself [s]."""
DEAD_S = 30.0
"""A worker that was not heard of for so long is dead [s]."""
LOOK_S = 0.4
"""How often a worker looks for work [s]."""
STOPPED_HARD = 75
"""With what a worker ends that ended itself to stop a job."""
COMMAND = ("-m", "lichen.web.work")
"""What Python is given to be a worker."""


def take(worker: str, quick_only: bool = False) -> Job | None:
    """Take the oldest job that waits, quick ones first; ``None`` if there is none."""
    waiting = Job.objects.filter(state=JobState.WAITING)
    if quick_only:
        waiting = waiting.filter(quick=True)
    if not waiting.exists():
        return None
    with transaction.atomic():
        found = waiting.select_for_update(skip_locked=True).order_by("-quick", "created", "id").first()
        if found is None:
            return None
        now = timezone.now()
        revision = Park.objects.values_list("revision", flat=True).get(pk=found.park_id)
        mine = Job.objects.filter(pk=found.pk, state=JobState.WAITING)
        if not mine.update(state=JobState.RUNNING, worker=worker, started=now, beat=now, revision=revision):
            return None
    return Job.objects.select_related("park", "user").get(pk=found.pk)


def mark_dead(worker: str = "") -> int:
    """Mark the jobs of a worker as interrupted, or of all that were not heard of, and return how many there were."""
    lost = Job.objects.filter(state=JobState.RUNNING)
    silent = timezone.now() - datetime.timedelta(seconds=DEAD_S)
    lost = lost.filter(worker=worker) if worker else lost.filter(beat__lt=silent)
    return lost.update(state=JobState.INTERRUPTED, ended=timezone.now()) if lost.exists() else 0


class Pulse:
    """What a running job and its watch share: how far it is, and whether somebody stopped it."""

    def __init__(self) -> None:
        self.share, self.step, self.stopped = 0.0, "", False

    def __call__(self, share: float, step: str = "") -> None:
        """Say how far the job is; see :class:`lichen.web.jobs.Progress`."""
        if self.stopped:
            raise Stopped
        self.share, self.step = min(max(share, self.share), 1.0), (step or self.step)[:60]


def do(found: Job, pulse: Pulse) -> None:
    """Do a job and keep what it made, or why it made nothing."""
    state, problems = JobState.FAILED, []
    try:
        with walls.inside(found.park):
            made = kind_of(found.kind).run(found.park, found.params, pulse)
            if not pulse.stopped:
                keep(found, made if isinstance(made, Made) else Made(made), found.worker)
                return
        state = JobState.CANCELLED
    except Stopped:
        state = JobState.CANCELLED
    except LichenError as error:
        problems = [_kept(p) for p in error.problems]
    except Exception:
        logger.exception("job %s (%s) failed", found.pk, found.kind)
    mine = Job.objects.filter(pk=found.pk, state=JobState.RUNNING, worker=found.worker)
    mine.update(state=state, ended=timezone.now(), problems=problems)


def _kept(problem: Problem) -> dict[str, str]:
    """Return a problem's place and words in both languages; where the files lay meanwhile is nobody's business."""
    file = problem.where.file
    where = replace(problem.where, file=Path(file).name if Path(file).is_absolute() else file)
    return {
        lang: ": ".join(filter(None, (where.text(lang), f"{problem.found(lang)} {problem.mend(lang)}".strip())))
        for lang in ("en", "zh")
    }


def run_waiting(most: int = 100) -> int:
    """Do what waits here and now, and return how many jobs that were: for tests, and machines without workers."""
    worker = uuid.uuid4().hex
    for count in range(most):
        found = take(worker)
        if found is None:
            return count
        do(found, Pulse())
    return most


def _watch(found: Job, pulse: Pulse, ended: threading.Event) -> None:
    """Tell that the job is alive, until it ended; end the process where a stopped job does not stop by itself."""
    mine = Job.objects.filter(pk=found.pk, state=JobState.RUNNING, worker=found.worker)
    deadline = 0.0
    while not ended.wait(BEAT_S):
        try:
            mine.update(beat=timezone.now(), share=pulse.share, step=pulse.step)
            pulse.stopped = pulse.stopped or not mine.filter(stop=False).exists()
        except Exception:  # the database is away or busy: the next beat tells it
            logger.exception("a worker could not say that it lives")
            connection.close()
        if pulse.stopped and not deadline:
            deadline = time.monotonic() + GRACE_S
        if deadline and time.monotonic() > deadline:
            _end_hard(mine)
    connections.close_all()


def _end_hard(mine: QuerySet[Job]) -> None:
    """End the process, whatever the job is at; if that cannot be told now, who cares for the worker tells it."""
    try:
        mine.update(state=JobState.CANCELLED, ended=timezone.now())
    finally:
        os._exit(STOPPED_HARD)


def _work(worker: str, quick_only: bool) -> None:
    """Do jobs for ever."""
    while True:
        close_old_connections()
        found = None
        try:
            mark_dead()
            found = take(worker, quick_only)
        except Exception:  # the database is away: look again
            logger.exception("a worker found no way to the database")
            time.sleep(BEAT_S)
        if found is None:
            time.sleep(LOOK_S)
            continue
        pulse, ended = Pulse(), threading.Event()
        watch = threading.Thread(target=_watch, args=(found, pulse, ended), daemon=True)
        watch.start()
        try:
            do(found, pulse)
        finally:
            ended.set()
            watch.join()


def end_with_parent() -> None:
    """End the process when the server's end of the pipe is closed: it is gone."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def work_for_server(worker: str, lane: str) -> None:
    """Be a worker of that name until the server is gone; the lane "quick" takes quick jobs alone."""
    if hasattr(os, "nice"):
        os.nice(10)  # browsers come first
    threading.Thread(target=end_with_parent, daemon=True).start()
    _work(worker, lane == "quick")


def start(lanes: tuple[str, ...] = ("all", "quick")) -> Callable[[], None]:
    """Start a worker for each lane, and another whenever one ends; return what stops them."""
    over = threading.Event()
    threads = [threading.Thread(target=_care, args=(lane, over), name=f"care {lane}", daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()

    def end() -> None:
        over.set()
        for thread in threads:
            thread.join(5.0)

    return end


def attend(command: Sequence[str], over: threading.Event, handed: Sequence[int] = ()) -> int:
    """Run Python with arguments until it ends, or until the server does; return with what it ended.

    It is given a pipe that closes with this process (see :func:`end_with_parent`), and the open files ``handed``.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own code
        [sys.executable, "-P", *command], stdin=subprocess.PIPE, env={**os.environ, **threads}, pass_fds=tuple(handed),
    )  # fmt: skip
    while process.poll() is None and not over.wait(0.2):
        pass
    if process.poll() is None:
        process.kill()
    return process.wait()


def _care(lane: str, over: threading.Event) -> None:
    """Keep one worker alive until the server ends."""
    while not over.is_set():
        worker = uuid.uuid4().hex
        ended = attend((*COMMAND, worker, lane), over)
        try:
            with walls.everywhere():
                mark_dead(worker)
        except Exception:
            logger.exception("jobs of a dead worker could not be marked")
        connections.close_all()
        over.wait(0.2 if ended == STOPPED_HARD else 2.0)
