"""An installation served by a process of its own, and Chromium; both only where Chromium is there."""

import pytest

import browsing
import journeys
from served import Served, lichen

BOSS = "boss@example.org"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return a server with Guiyang and an operator, who is facilitator and administrator there."""
    if browsing.CHROMIUM is None:
        pytest.skip("no Chromium: `make system` as root installs it; on Debian or Ubuntu: apt-get install chromium")
    data = tmp_path_factory.mktemp("browsed") / "data"
    made = lichen("web", "admin", "--email", BOSS, "--name", "Boss", data=data)
    assert made.returncode == 0, made.stderr
    with Served(data) as found:
        yield found


@pytest.fixture(scope="module")
def browser(served):
    with browsing.chromium() as found:
        yield found


@pytest.fixture
def visit(browser, served):
    """Return windows; what they complained of or asked elsewhere fails the test."""
    opened = []

    def new(email="", **more):
        opened.append(browsing.Visit(browser, served.base, **more))
        opened[-1].email = email
        return opened[-1]

    yield new
    complaints = [c for v in opened for c in v.complaints]
    strangers = [s for v in opened for s in v.strangers]
    for window in opened:
        window.close()
    assert complaints == []
    assert strangers == []


@pytest.fixture(scope="module")
def used(browser, served, tmp_path_factory):
    """Let Guiyang be used for all that people come for; return the pages to begin with."""
    return journeys.use_park(browser, served, tmp_path_factory.mktemp("used"))


@pytest.fixture(scope="module")
def firm_person(browser, served):
    """Return the address of somebody who speaks for one firm of Guiyang."""
    return browsing.firm_person(browser, served)
