"""Renew the pictures of the workbench's pages in docs/images/workbench: `make pictures`; it needs Chromium."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web_settings")

import django  # noqa: E402

django.setup()

from PIL import Image  # noqa: E402

import browsing  # noqa: E402
import journeys  # noqa: E402
from served import PASSWORD, Served, lichen  # noqa: E402

FOLDER = ROOT / "docs" / "images" / "workbench"
AGAIN = (
    "account_login",
    "park",
    "flows",
    "flow",
    "survey",
    "opportunities",
    "opportunity",
    "board",
    "exchange",
    "run",
    "follow",
)
"""Pages that are shown in Chinese and on a phone too."""
TALLEST = {"park": 1500, "run": 1500, "opportunities": 1300}
COLOURS = 64
"""Of a picture: enough for pages, and small in the repository."""


def take(window: browsing.Visit, name: str, mark: str) -> None:
    """Write the picture of the page that is open."""
    size = window.page.viewport_size
    high = TALLEST.get(name, size["height"])
    window.page.set_viewport_size({"width": size["width"], "height": high})
    path = FOLDER / f"{name.replace(':', '-')}{mark}.png"
    window.page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    window.page.set_viewport_size(size)


def pages(window: browsing.Visit, mark: str, starts: list[str], chosen: tuple[str, ...] = ()) -> None:
    """Write the pictures of the pages that links lead to."""
    for name, address in window.every_page(*starts, "/", "/account/2fa/", "/p/guiyang/study/"):
        if address and (not chosen or name in chosen):
            journeys.wait(browsing.Mouse(window))
            take(window, name, mark)


def main() -> None:
    """Serve Guiyang and go through its pages: all in English, some in Chinese, some on a phone, some as a firm."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, browsing.chromium() as browser:
        data = Path(name) / "data"
        lichen("web", "admin", "--email", "boss@example.org", "--name", "Boss", data=data)
        with Served(data) as served:
            firm = browsing.firm_person(browser, served)
            starts = journeys.use_park(browser, served, Path(name))
            for mark, more, chosen in (
                ("", {"lang": "en"}, ()), ("-zh", {"lang": "zh"}, AGAIN),
                ("-phone", {"lang": "zh", "size": browsing.PHONE}, AGAIN),
            ):  # fmt: skip
                window = browsing.Visit(browser, served.base, **more)
                window.page.goto("/account/login/")
                take(window, "account_login", mark)
                window.log_in("boss@example.org", PASSWORD)
                pages(window, mark, starts, chosen)
                window.close()
            own = browsing.Visit(browser, served.base).log_in(firm, PASSWORD)
            pages(own, "-of-a-firm", [], ("park", "firm", "opportunities", "run"))


if __name__ == "__main__":
    main()
