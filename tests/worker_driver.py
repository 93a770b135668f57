"""A process that keeps workers as the server does, with kinds of work that sleep; it does what its input says."""

import datetime
import sys
import threading
import time
from pathlib import Path


def register():
    """Let there be work that sleeps: that hears when it is stopped, or is deaf."""
    from lichen.web.jobs import Made, job

    @job("open")
    def _open(park, params, progress):
        until = time.monotonic() + params["seconds"]
        while time.monotonic() < until:
            progress(0.5)
            time.sleep(0.05)
        return Made(params["seconds"])

    @job("deaf")
    def _deaf(park, params, progress):
        time.sleep(params["seconds"])
        return Made(None)

    job("quick", quick=True)(_open)


def work(name, lane):
    """Be a worker that knows this work."""
    import django

    django.setup()
    from lichen.web import worker

    register()
    worker.work_for_server(name, lane)


def drive(data):
    """Do what the lines of the input say, an answer each."""
    from lichen.web.serve import prepare

    prepare(data)
    from django.utils import timezone

    from lichen.web import jobs, worker
    from lichen.web.models import Job, Park

    register()
    park, _ = Park.objects.get_or_create(slug="p", defaults={"name": "P"})
    worker.COMMAND = ("-m", "worker_driver")
    worker.start()
    for line in sys.stdin:
        what, *rest = line.split()
        if what == "submit":
            answer = jobs.submit(park, rest[1], {"seconds": float(rest[0])}, None).pk
        elif what == "workers":
            answer = sum(t.name.startswith("care") for t in threading.enumerate())
        else:
            found = Job.objects.get(pk=rest[0])
            answer = {"state": lambda j: j.state, "result": lambda j: j.result, "stop": jobs.stop,
                      "again": lambda j: jobs.run_again(j, None).pk,
                      "age": lambda j: Job.objects.filter(pk=j.pk).update(
                          beat=timezone.now() - datetime.timedelta(minutes=5))}[what](found)  # fmt: skip
        print(answer, flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        work(*sys.argv[1:])
    else:
        drive(Path(sys.argv[1]))
