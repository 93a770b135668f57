"""Results that are kept until the park changes: a few of the last ones, told apart by park, revision and reader."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

_all: weakref.WeakSet[Kept] = weakref.WeakSet()


def forget() -> None:
    """Forget all that is kept anywhere in this process: tests begin with the same numbers of rows again and again."""
    for place in list(_all):
        place.clear()


class Kept:
    """The last ``most`` results by key; any thread may ask."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()
        _all.add(self)
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result of ``key``; it is made once, while who wants the same waits, and nobody else."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                found: T = self._found[key]
                return found
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._found:
                    again: T = self._found[key]
                    return again
            try:
                made = make()
                self.put(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return made

    def put(self, key: Hashable, made: Any) -> None:
        """Keep a result; the one that was not asked for longest goes."""
        with self._lock:
            self._found[key] = made
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def peek(self, key: Hashable) -> Any:
        """Return a result if it is there; ``None`` otherwise."""
        with self._lock:
            return self._found.get(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._found
