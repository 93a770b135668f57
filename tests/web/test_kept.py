"""What is kept: made once however many ask, the last ones only."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lichen.web.kept import Kept


def test_many_who_ask_for_the_same_wait_for_one():
    kept, made, begin = Kept(4), [], threading.Barrier(8)

    def make():
        made.append(1)
        time.sleep(0.05)
        return "made"

    def ask(_):
        begin.wait()
        return kept.get("key", make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"made"}
    assert len(made) == 1


def test_who_asks_for_another_does_not_wait():
    kept, going, done = Kept(4), threading.Event(), threading.Event()

    def slow():
        going.set()
        assert done.wait(20)
        return 1

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kept.get, "slow", slow)
        assert going.wait(20)
        assert kept.get("quick", lambda: 2) == 2
        done.set()
        assert first.result() == 1


def test_what_failed_is_tried_again():
    kept = Kept(4)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 / 0)
    assert kept.get("key", lambda: 3) == 3


def test_the_last_ones_stay():
    kept = Kept(2)
    for n in range(3):
        kept.get(n, lambda n=n: n)
    assert (0 in kept, 1 in kept, 2 in kept) == (False, True, True)
