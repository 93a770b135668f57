"""A real browser at the workbench: Debian's Chromium, watched, driven by mouse or by keyboard alone."""

import base64
import hashlib
import hmac
import re
import shutil
import struct
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import resolve
from playwright.sync_api import sync_playwright

from lichen.web.context import MENU
from lichen.web.texts import words
from parks import steelworks
from served import PASSWORD
from surveys import changed, sheets_of, write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    # whatever is not this machine has no address
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
AXE = Path(__file__).parent / "browser" / "vendor" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}

TOO_WIDE = """() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1
    && !e.closest('.scroll, .picture, .tabs'));
  return ['the page is wider than the window: ' + wide.slice(0, 4).map(e => e.outerHTML.slice(0, 120)).join(' | ')];
}"""


@contextmanager
def chromium():
    """Give a browser without a network."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


class Visit:
    """A browser's window at one installation; what it complains of and whom it asks is kept."""

    def __init__(self, browser, base, lang="en", size=DESK):
        self.lang = lang
        self.context = browser.new_context(base_url=base, locale=LOCALES[lang], viewport=size, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints, self.strangers = [], []
        host = urlsplit(base).netloc
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: self._asked(r.url, host))

    def _said(self, message):
        refused = message.text.startswith("Failed to load resource") and "status of 4" in message.text
        own = message.location.get("url", "").split("?")[0].split("#")[0] == self.page.url.split("?")[0].split("#")[0]
        if message.type in ("error", "warning") and not (refused and own):  # a form with a mistake answers 422
            self.complaints.append(f"{message.text} at {message.location}")

    def _asked(self, url, host):
        if urlsplit(url).scheme != "data" and urlsplit(url).netloc != host:
            self.strangers.append(url)

    def words(self, key, **values):
        return words(key, self.lang, **values)

    def faults(self):
        """Return what breaks WCAG 2.2 AA on the page, or makes it wider than the window."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
        faults = [f"{v['id']}: {v['help']}: {n['html'][:200]}" for v in found["violations"] for n in v["nodes"]]
        return [f"{self.page.url}: {fault}" for fault in (*faults, *self.page.evaluate(TOO_WIDE))]

    def log_in(self, email, password):
        """Log in as a person without a second factor."""
        self.page.goto("/account/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", password)
        with self.page.expect_navigation():
            self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector(".who")
        return self

    def every_page(self, *starts):
        """Yield one page of each route that links lead to: its name and address; the page is open then.

        Links with a query are followed last, so that a page without one is taken where there is one.
        """
        waiting, asking, seen = list(starts), [], set()
        while waiting or asking:
            address = (waiting or asking).pop(0)
            name = resolve(urlsplit(address).path).view_name
            if name in seen:
                continue
            answer = self.context.request.get(address)
            if not answer.headers["content-type"].startswith("text/html"):
                seen.add(name)
                yield name, ""
                continue
            self.page.goto(address)
            name = resolve(urlsplit(self.page.url).path).view_name
            if name in seen:
                continue
            seen.add(name)
            yield name, address
            here = urlsplit(self.page.url).path
            links = self.page.evaluate(
                "() => [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
            )
            links = [here + link if link.startswith("?") else link for link in links]
            waiting += [link for link in links if link.startswith("/") and "?" not in link]
            asking += [link for link in links if link.startswith("/") and "?" in link]

    def close(self):
        self.context.close()


class Mouse:
    """Hands that click."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page

    def press(self, name, role="button", within="body"):
        with self.page.expect_navigation():
            self._act(self._named(name, role, within))

    def go(self, selector):
        """Follow the link that a selector finds."""
        with self.page.expect_navigation():
            self._act(self.page.locator(selector).first)

    def enter(self):
        """Send the form in which the focus is."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def follow(self, name, within="body"):
        self.press(name, "link", within)

    def tab(self, key):
        """Go to a page of the park by the menu, by way of its group where that is not open."""
        name = self.visit.words(key)
        if self.page.locator("header .tabs").get_by_role("link", name=name, exact=True).count() == 0:
            group = next(group for group, pages in MENU.items() if any(key == word for word, _, _ in pages))
            self.follow(self.visit.words(group), within="header .tabs")
            if self.page.locator("header [aria-current=page]", has_text=re.compile(f"^{name}$")).count():
                return
        self.follow(name, within="header .tabs")

    def open(self, name):
        self._act(self.page.locator("summary", has_text=name).first)

    def fill(self, field, text):
        self._write(self.page.locator(f"[name='{field}']:visible").first, text)

    def choose(self, field, value):
        self._choose(self.page.locator(f"select[name='{field}']"), value)

    def tick(self, within):
        """Tick the first box in a part of the page."""
        box = within.locator("input[type=checkbox]").first
        self._tick(box)
        assert box.is_checked()

    def attach(self, field, path):
        with self.page.expect_file_chooser() as chooser:
            self._act(self.page.locator(f"input[name='{field}']"))
        chooser.value.set_files(path)

    def download(self, name):
        with self.page.expect_download() as found:
            self._act(self._named(name, "link", "main"))
        return Path(found.value.path())

    def _named(self, name, role, within):
        return self.page.locator(within).get_by_role(role, name=name).first

    def _act(self, thing):
        thing.click()

    def _write(self, field, text):
        field.fill(text)

    def _choose(self, field, value):
        field.select_option(value)

    def _tick(self, box):
        box.check()


class Keys(Mouse):
    """Hands on the keyboard: each thing must be reached by Tab, and be seen to have the focus."""

    MOST = 400

    def reach(self, thing):
        """Press Tab until a thing has the focus."""
        thing.wait_for(state="attached")
        for _ in range(self.MOST):
            if thing.evaluate("e => e === document.activeElement"):
                style = thing.evaluate("e => { const s = getComputedStyle(e); return s.outlineStyle + s.outlineWidth }")
                assert style not in ("none0px", "none"), f"the focus cannot be seen at {thing}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{thing} cannot be reached by keyboard")

    def _act(self, thing):
        self.reach(thing)
        kind = thing.evaluate("e => e.type || e.tagName")
        self.page.keyboard.press("Space" if kind == "file" else "Enter")

    def _write(self, field, text):
        self.reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text) if text else self.page.keyboard.press("Delete")

    def _choose(self, field, value):
        self.reach(field)
        self.page.keyboard.press("Home")
        for _ in range(200):
            if field.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} cannot be chosen by keyboard in {field}")

    def _tick(self, box):
        self.reach(box)
        self.page.keyboard.press("Space")


def code_of(secret):
    """Return what an authenticator shows for a secret (RFC 6238, SHA-1, 30 s, six digits)."""
    if time.time() % 30 > 25:
        time.sleep(31 - time.time() % 30)  # it must still hold when it arrives
    key = base64.b32decode(secret, casefold=True)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def send_survey(window, park, folder):
    """Send a survey with a mistake, which stays waiting for a yes."""
    path = folder / "survey.xlsx"
    write(path, changed("flow", 3, sheets_of(steelworks()), quantity="many"))
    window.page.goto(f"/p/{park}/surveys/")
    hands = Mouse(window)
    hands.attach("file", path)
    hands.press(window.words("survey_send"))


def firm_person(browser, served, email="cement@example.org"):
    """Invite somebody for a cement works of Guiyang, set their password; return their address."""
    boss = Visit(browser, served.base).log_in("boss@example.org", PASSWORD)
    boss.page.goto("/p/guiyang/members/")
    hands = Mouse(boss)
    hands.fill("email", email)
    hands.choose("role", "firm")
    works = boss.page.locator("[name=firm] option", has_text="cement works A").get_attribute("value")
    boss.page.select_option("[name=firm]", works)
    hands.press(boss.words("invite"), within="main")
    link = urlsplit(boss.page.inner_text("code.link")).path
    boss.close()
    person = Visit(browser, served.base)
    person.page.goto(link)
    hands = Mouse(person)
    hands.fill("password1", PASSWORD)
    hands.fill("password2", PASSWORD)
    hands.enter()
    person.close()
    return email
