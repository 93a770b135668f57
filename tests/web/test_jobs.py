"""Jobs: asked for once, done in the background, stopped, failed, interrupted by a crash and run again; figures that stand."""

import datetime
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from lichen.errors import Problem, StudyError
from lichen.web import jobs, overview, worker
from lichen.web.models import FirmRow, Job, JobFile, JobState, Park


@pytest.fixture
def kinds(monkeypatch):
    """Return a way to register kinds of work for one test."""
    monkeypatch.setattr(jobs, "_kinds", {})

    def register(run, name="count", **more):
        return jobs.job(name, **more)(run)

    return register


def count_firms(park, params, progress):
    progress(0.5, "counting")
    found, revision = jobs.steady(park, lambda p: FirmRow.objects.filter(park=p).count())
    return jobs.Made({"firms": found * params.get("times", 1)}, {"a.txt": "three", "b.bin": b"\0\1"}, revision)


def test_a_job_is_done_and_its_result_kept(world, kinds):
    kinds(count_firms)
    job = jobs.submit(world.one, "count", {"times": 2}, world.people["facilitator"])
    assert (job.state, job.open) == (JobState.WAITING, True)
    assert worker.run_waiting() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.share, job.problems) == (JobState.DONE, {"firms": 6}, 1.0, [])
    assert job.revision == Park.objects.get(pk=world.one.pk).revision
    assert job.created <= job.started <= job.ended
    assert {f.name: bytes(f.content) for f in JobFile.objects.filter(job=job)} == {"a.txt": b"three", "b.bin": b"\0\1"}
    assert jobs.last_done(world.one, "count", {"times": 2}) == job
    assert jobs.last_done(world.one, "count", {"times": 3}) is None
    assert jobs.last_done(world.two, "count", {"times": 2}) is None


def test_what_waits_is_not_asked_for_twice(world, kinds):
    kinds(count_firms)
    one, same = (jobs.submit(world.one, "count", {"a": 1, "b": 2}, None) for _ in range(2))
    other = jobs.submit(world.one, "count", {"a": 2, "b": 2}, None)
    foreign = jobs.submit(world.two, "count", {"a": 1, "b": 2}, None)
    assert one == same
    assert len({one.pk, other.pk, foreign.pk}) == 3


def test_a_kind_that_is_not_there(world):
    with pytest.raises(KeyError):
        jobs.submit(world.one, "nothing", {}, None)


def test_problems_are_told_in_both_languages(world, kinds):
    def run(park, params, progress):
        raise StudyError((Problem("workbench.bad_slug", values={"slug": "x y"}),))

    kinds(run)
    job = jobs.submit(world.one, "count", {}, None)
    worker.run_waiting()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "x y" in job.problems[0]["en"]
    assert job.problems[0]["en"] != job.problems[0]["zh"]
    for lang in ("en", "zh"):
        client = world.client("facilitator", headers={"Accept-Language": lang})
        assert job.problems[0][lang] in client.get(f"/p/one/jobs/{job.pk}/").content.decode().replace("&#x27;", "'")


def test_failures_of_lichen_itself_tell_nothing_to_the_page(world, kinds, caplog):
    def run(park, params, progress):
        raise RuntimeError("secret of the steelworks")

    kinds(run)
    job = jobs.submit(world.one, "count", {}, None)
    worker.run_waiting()
    job.refresh_from_db()
    assert (job.state, job.problems, job.result) == (JobState.FAILED, [], None)
    assert "secret of the steelworks" in caplog.text
    page = world.client("facilitator").get(f"/p/one/jobs/{job.pk}/").content.decode()
    assert "secret" not in page
    assert "Lichen itself failed" in page


def test_a_job_that_waits_is_stopped_at_once(world, kinds):
    kinds(count_firms)
    job = jobs.submit(world.one, "count", {}, None)
    world.client("facilitator").post(f"/p/one/jobs/{job.pk}/stop")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert worker.run_waiting() == 0
    assert jobs.stop(job) is False


def test_a_job_that_runs_is_stopped_at_its_next_word(world, kinds):
    pulse = worker.Pulse()

    def run(park, params, progress):
        pulse.stopped = True
        progress(0.5)
        raise AssertionError("it went on")

    kinds(run)
    jobs.submit(world.one, "count", {}, None)
    job = worker.take("w")
    assert jobs.stop(job) is True
    worker.do(job, pulse)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.CANCELLED, None)


def test_a_stopped_job_that_ends_by_itself_keeps_nothing(world, kinds):
    pulse = worker.Pulse()

    def run(park, params, progress):
        pulse.stopped = True
        return jobs.Made(1)

    kinds(run)
    jobs.submit(world.one, "count", {}, None)
    job = worker.take("w")
    worker.do(job, pulse)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.CANCELLED, None)


def test_what_a_dead_worker_was_at_is_interrupted_and_can_be_run_again(world, kinds):
    kinds(count_firms)
    asked = jobs.submit(world.one, "count", {}, world.people["facilitator"])
    job = worker.take("dead")
    assert worker.mark_dead() == 0, "it was heard of just now"
    assert worker.mark_dead("other") == 0
    Job.objects.filter(pk=job.pk).update(beat=timezone.now() - datetime.timedelta(seconds=worker.DEAD_S + 1))
    assert worker.mark_dead() == 1
    job.refresh_from_db()
    assert (job.pk, job.state, job.again) == (asked.pk, JobState.INTERRUPTED, True)
    assert jobs.keep(job, jobs.Made(1), "dead") is False, "a worker that comes back writes nothing"
    assert JobFile.objects.filter(job=job).count() == 0
    client = world.client("facilitator")
    answer = client.post(f"/p/one/jobs/{job.pk}/again")
    assert worker.run_waiting() == 1
    assert Job.objects.get(state=JobState.DONE, kind="count").user == world.people["facilitator"]
    assert str(Job.objects.get(state=JobState.DONE, kind="count").pk) in answer["Location"]
    job.refresh_from_db()
    assert job.state == JobState.INTERRUPTED


def test_quick_jobs_come_first_and_a_lane_takes_only_them(world, kinds):
    kinds(count_firms, "long")
    kinds(count_firms, "short", quick=True)
    jobs.submit(world.one, "long", {}, None)
    assert worker.take("w", quick_only=True) is None
    jobs.submit(world.one, "short", {}, None)
    assert [worker.take("w").kind, worker.take("w").kind, worker.take("w")] == ["short", "long", None]


def test_standing_figures_are_renewed_when_the_park_changes(world, kinds, fields_of):
    kinds(count_firms)
    park = lambda: Park.objects.get(pk=world.one.pk)  # noqa: E731
    first = jobs.standing(park(), "count", {})
    assert first.done is None
    assert first.open is not None
    assert jobs.standing(park(), "count", {}).open == first.open
    worker.run_waiting()
    assert jobs.standing(park(), "count", {}) == jobs.Standing(first.open, None)
    row = world.flow(world.firms["steel"])
    for n in range(4):
        row.refresh_from_db()
        world.client("steel").post(f"/p/one/firms/{row.firm_id}/flows/{row.pk}/", fields_of(row, note=f"x{n}"))
        now = jobs.standing(park(), "count", {})
        assert now.done.revision < now.done.park.revision
        assert now.open is not None
        worker.run_waiting()
    assert jobs.standing(park(), "count", {}).open is None
    assert Job.objects.filter(kind="count").count() == jobs.KEPT_STANDING


def test_standing_figures_that_failed_are_not_tried_for_ever(world, kinds):
    def run(park, params, progress):
        raise StudyError((Problem("workbench.bad_slug", values={"slug": "x"}),))

    kinds(run)
    jobs.standing(world.one, "count", {})
    worker.run_waiting()
    now = jobs.standing(world.one, "count", {})
    assert (now.done, now.open) == (None, None)
    assert now.failed.state == JobState.FAILED
    Park.objects.filter(pk=world.one.pk).update(revision=99)
    assert jobs.standing(Park.objects.get(pk=world.one.pk), "count", {}).open is not None


def test_reading_tells_its_revision(world):
    Park.objects.filter(pk=world.one.pk).update(revision=7)
    assert jobs.steady(world.one, lambda park: (park.slug, park.revision)) == (("one", 7), 7)


def test_pages_of_jobs(world, kinds):
    kinds(count_firms)
    client = world.client("facilitator")
    assert "Nothing ran yet" in world.client("stranger").get("/p/two/jobs/").content.decode()
    job = jobs.submit(world.one, "count", {}, None)
    for path in ("/p/one/jobs/", f"/p/one/jobs/{job.pk}/"):
        assert '<meta http-equiv="refresh"' in client.get(path).content.decode()
    worker.run_waiting()
    page = client.get(f"/p/one/jobs/{job.pk}/").content.decode()
    assert "refresh" not in page
    assert "a.txt" in page
    answer = client.get(f"/p/one/jobs/{job.pk}/file?name=b.bin")
    assert (answer.content, answer["Content-Disposition"]) == (b"\0\1", 'attachment; filename="b.bin"')
    assert client.get(f"/p/one/jobs/{job.pk}/file?name=c").status_code == 404
    assert world.client("stranger").get(f"/p/two/jobs/{job.pk}/").status_code == 404
    again = client.post(f"/p/one/jobs/{job.pk}/again")
    assert str(job.pk) in again["Location"], "what has a result is not run again"
    assert Job.objects.filter(kind="count").count() == 1


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_figures_of_a_large_park_are_made_in_the_background_and_are_the_same(world, monkeypatch, fields_of, lang):
    def main_of(text):
        return re.sub(
            r'<p class="muted small">.*?</p>|<input type="hidden"[^>]*>', "", text.split("<main")[1].split("</main>")[0]
        ).split()

    client = world.client("facilitator", headers={"Accept-Language": lang})
    at_once = client.get("/p/one/").content.decode()
    in_api = client.get("/api/v1/parks/one").json()
    monkeypatch.setattr(overview, "LARGE", 5)
    first = client.get("/p/one/").content.decode()
    assert '<meta http-equiv="refresh"' in first
    assert client.get("/api/v1/parks/one").json()["year"] is None
    assert worker.run_waiting() == 1
    assert main_of(client.get("/p/one/").content.decode()) == main_of(at_once)
    assert client.get("/api/v1/parks/one").json() == in_api
    row = world.flow(world.firms["steel"])
    client.post(f"/p/one/firms/{row.firm_id}/flows/{row.pk}/", fields_of(row, quantity="7"))
    later = client.get("/p/one/").content.decode()
    assert ("being renewed" in later) or ("正在更新" in later)
    assert "<svg" in later
    assert client.get("/p/one/?year=1999").status_code == 200
    assert Job.objects.filter(kind="overview").count() == 2
    world.client("steel").get("/p/one/")
    assert Job.objects.filter(kind="overview").count() == 2, "a firm's own figures are small"


class Driven:
    """A process that keeps workers, as the server does, and does what it is told."""

    def __init__(self, data):
        env = {**os.environ, "LICHEN_DATABASE_URL": "", "LICHEN_URL": "", "LICHEN_DATA": str(data)}
        env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), env.get("PYTHONPATH", "")])
        env.pop("DJANGO_SETTINGS_MODULE", None)
        command = [sys.executable, "-m", "worker_driver", str(data)]
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def until(self, job, wanted):
        deadline = time.monotonic() + 90
        while (state := self("state", job)) != wanted:
            assert time.monotonic() < deadline, state
            time.sleep(0.2)

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process.stdin.close()
        self.process.stdout.close()


def test_workers_are_processes_beside_the_server(tmp_path):
    """A job is done; a deaf one is stopped hard, and work goes on; one is cut off by kill -9, and run again after it."""
    driven = Driven(tmp_path / "data")
    try:
        short = driven("submit", 0.1, "open")
        driven.until(short, "done")
        deaf = driven("submit", 300, "deaf")
        driven.until(deaf, "running")
        quick = driven("submit", 0.1, "quick")
        driven.until(quick, "done")
        driven("stop", deaf)
        driven.until(deaf, "cancelled")
        cut = driven("submit", 301, "open")
        driven.until(cut, "running")
    finally:
        driven.kill()
    driven = Driven(tmp_path / "data")
    try:
        assert driven("state", short) == "done"
        assert driven("result", short) == "0.1"
        driven("age", cut)
        driven.until(cut, "interrupted")
        again = driven("again", cut)
        driven.until(again, "running")
        driven("stop", again)
        driven.until(again, "cancelled")
        assert int(driven("workers")) == 2
    finally:
        driven.kill()
