"""Commands called in this process speak English and leave the language as it was."""

import pytest

from lichen import errors


@pytest.fixture(autouse=True)
def language_stays(monkeypatch):
    monkeypatch.setenv("LICHEN_LANG", "en")
    monkeypatch.setenv("COLUMNS", "160")
    token = errors._language.set(None)
    yield
    errors._language.reset(token)
