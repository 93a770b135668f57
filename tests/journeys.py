"""What people come to the workbench for, step by step, by any hands; and a park that has been used for all of it."""

from browsing import Mouse, Visit, send_survey
from parks import steelworks
from served import PASSWORD
from surveys import sheets_of, write

LONGEST_S = 180
"""How long a job may take on a slow machine."""
PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
EVENTS = (
    ("contact", "2026-03", "Li Ming", "visit both works", "2026-04", "first talk"),
    ("feasibility", "2026-05", "Li Ming", "assays of two months", "2026-09", "both want to know the chlorine"),
    ("agreed", "2026-10", "Wang Fang", "sign the contract", "2099-12", "price and quality agreed"),
)
"""State, date, owner, next step, due date and note of what happens to an exchange, in order."""


def wait(hands):
    """Wait for the work under way to end; the page shows its result by itself."""
    hands.page.wait_for_function(
        "() => !document.querySelector('main progress, main .renewing')", timeout=1000 * LONGEST_S
    )


def tab(hands, park, key):
    """Go to a page of the park by its tab."""
    if hands.page.locator("header .tabs").count() == 0:  # a report is a page of its own
        hands.page.goto(f"/p/{park}/")
    hands.tab(key)


def discovered(hands, park):
    """Open the opportunities once they were looked for."""
    hands.page.goto(f"/p/{park}/")
    tab(hands, park, "opportunities")
    wait(hands)


def opened(hands, number=0, **filters):
    """Filter the opportunities and open one; return what its stream is called."""
    for field, value in filters.items():
        hands.choose(field, value)
    if filters:
        hands.press(hands.visit.words("show"), within="main .filter")
    link = f"main tbody tr:nth-child({number + 1}) a"
    name = hands.page.locator(link).first.inner_text()
    hands.go(link)
    return name


def on_the_board(hands, title):
    """Put the opportunity that is open on the board, under a title of its own."""
    hands.follow(hands.visit.words("to_board"), within="main")
    hands.fill("title", title)
    hands.fill("title_zh", title)
    hands.fill("date", "2026-02")
    hands.press(hands.visit.words("save"), within="main")


def carried(hands, events=EVENTS):
    """Say what happened to the exchange that is open."""
    for state, date, owner, step, due, note in events:
        for field, text in (("date", date), ("owner", owner), ("next_step", step), ("due", due), ("note", note)):
            hands.fill(field, text)
        hands.choose("state", state)
        hands.press(hands.visit.words("save"), within="main")


def documented(hands, folder):
    """Add a document to the exchange that is open."""
    path = folder / "contract.pdf"
    path.write_bytes(PDF)
    hands.attach("file", path)
    hands.press(hands.visit.words("document_send"))


def cost_told(hands, park, key="road"):
    """Say what carrying by road costs here."""
    tab(hands, park, "designs")
    hands.follow(hands.visit.words("costs"), within="main")
    hands.follow(hands.visit.words("cost_new"), within="main")
    hands.choose("item", "transport")
    for field, text in (("key", key), ("value", "0.45"), ("low", "0.4"), ("high", "0.5"), ("unit", "CNY/(t km)"),
                        ("source", "haulier's offer"), ("year", "2012")):  # fmt: skip
        hands.fill(field, text)
    hands.choose("kind", "reported")
    hands.press(hands.visit.words("save"))


def designed(hands, park, name, **settings):
    """Run a design and wait for it."""
    tab(hands, park, "designs")
    hands.follow(hands.visit.words("design_new"), within="main")
    hands.fill("name", name)
    for field, value in settings.items():
        hands.choose(field, value) if field in ("objective", "existing") else hands.fill(field, value)
    hands.press(hands.visit.words("design_start"))
    wait(hands)


def compared(hands, park, key, *names):
    """Set runs side by side."""
    tab(hands, park, key)
    for name in names:
        hands.tick(
            hands.page.locator(
                "main tr:has(input[type=checkbox])", has=hands.page.get_by_role("link", name=name, exact=True)
            ).first
        )
    hands.press(hands.visit.words("compare"))


def appraised(hands):
    """Appraise the design that is open."""
    hands.press(hands.visit.words("run_appraise"), within="main")
    wait(hands)


def scenario_run(hands, park, start, name, **quantities):
    """Begin with a scenario of the study, change quantities of exchanges, run it."""
    tab(hands, park, "scenarios")
    hands.go(f"main a[href$='?start={start}']")
    hands.fill("name", name)
    for exchange, quantity in quantities.items():
        hands.fill(f"q:{exchange.replace('_', '-')}", quantity)
    hands.press(hands.visit.words("design_start"))
    wait(hands)


def row_added(hands, park, entity, texts, choices):
    """Add a row to a register of follow-up."""
    tab(hands, park, "follow_up")
    hands.go(f"main .subtabs a[href$='of={entity}']")
    hands.follow(hands.visit.words("row_new"), within="main")
    for field, text in texts.items():
        hands.fill(field, text)
    for field, value in choices.items():
        hands.choose(field, value)
    hands.press(hands.visit.words("save"))


def measure_told(hands, park, name):
    texts = {"firm": "CEM-A", "measure": name, "year": "2026", "count": "1", "investment": "120", "saving": "60",
             "energy": "480", "co2": "290", "source": "energy audit 2026"}  # fmt: skip
    units = {"investment unit": "万元", "saving unit": "万元/年", "energy unit": "MWh/a", "co2 unit": "tCO2/a"}
    chosen = {"category": "drives", "state": "implemented", "kind": "measured", **units}
    row_added(hands, park, "measure", texts, chosen)


def year_told(hands, park, entity, exchange, year, quantity, source):
    row_added(
        hands, park, entity, {"year": year, "quantity": quantity, "source": source},
        {"exchange": exchange, "quantity unit": "t/a", "kind": "measured" if entity == "actual" else "estimated"},
    )  # fmt: skip


def terms_agreed(hands, park, exchange):
    """Write down what was agreed for an exchange."""
    texts = {"start": "2026", "end": "2030", "price": "20", "price_low": "15", "price_high": "25", "quantity": "14",
             "low": "12", "index": "cement price index, each January", "source": "contract 7-2026"}  # fmt: skip
    units = {"price unit": "元/吨", "quantity unit": "万吨/年"}
    row_added(hands, park, "terms", texts, {"exchange": exchange, "adjustment": "other index", **units})


def budget_set(hands, park):
    """Set a stage of the design, and the most that may be invested in it."""
    hands.page.goto(f"/p/{park}/settings/edit?at=design")
    hands.fill("stages", "2018")
    hands.press(hands.visit.words("save"))
    hands.page.goto(f"/p/{park}/settings/edit?at=design.budgets.new")
    for field, text in (("name", "2018"), ("value.value", "50"), ("value.unit", "百万元"), ("value.year", "2012"),
                        ("value.source", "development bank")):  # fmt: skip
        hands.fill(field, text)
    hands.choose("value.kind", "reported")
    hands.press(hands.visit.words("save"))


def target_told(hands, park):
    row_added(hands, park, "target", {"indicator": "solid waste reuse", "year": "2026", "target": "75", "value": "68",
                                      "unit": "%", "source": "park plan 2026"}, {"direction": "at least"})  # fmt: skip


def milestone_told(hands, park, exchange):
    row_added(hands, park, "milestone", {"milestone": "Weighbridge in service", "due": "2026-09", "done": "2026-10",
                                         "owner": "Wang Fang"}, {"exchange": exchange})  # fmt: skip


def released(hands, park, figure=""):
    """Look at a table, then release it."""
    tab(hands, park, "released")
    if figure:
        hands.choose("figure", figure)
    hands.press(hands.visit.words("release_look"))
    hands.press(hands.visit.words("release_now"))


def settled(hands, park, folder):
    """Ask how a newcomer would fit."""
    path = folder / "newcomer.xlsx"
    write(path, sheets_of(steelworks()))
    tab(hands, park, "designs")
    hands.follow(hands.visit.words("settlement"), within="main")
    hands.attach("file", path)
    hands.press(hands.visit.words("settlement_start"))
    wait(hands)


def use_park(browser, served, folder, park="guiyang"):
    """Do in a park, as its facilitator, what fills its pages; return addresses that the crawl is to begin with.

    The log in is the operator's.
    """
    window = Visit(browser, served.base).log_in("boss@example.org", PASSWORD)
    hands = Mouse(window)
    send_survey(window, park, folder)
    for number, title, events in (
        (0, "Fly ash into cement", EVENTS), (3, "Slag into bricks", EVENTS[:2]), (6, "Heat for the town", EVENTS[:1]),
    ):  # fmt: skip
        discovered(hands, park)
        opened(hands, number)
        on_the_board(hands, title)
        carried(hands, events)
        if number == 0:
            documented(hands, folder)
            addresses = [hands.page.url]
    cost_told(hands, park)
    designed(hands, park, "Most CO2", objective="co2")
    designed(hands, park, "Best value", carbon_price="60 CNY/tCO2")
    hands.press(window.words("run_release"))
    appraised(hands)
    compared(hands, park, "designs", "Most CO2", "Best value")
    addresses.append(hands.page.url)
    scenario_run(hands, park, "UIS2012", "As designed")
    scenario_run(hands, park, "UIS2012", "Twice the slag", steel_slag_cement="240000")
    settled(hands, park, folder)
    measure_told(hands, park, "Variable speed drives of the raw mill fans")
    year_told(hands, park, "planned", "steel-slag-cement", "2026", "150000", "park plan 2026")
    year_told(hands, park, "actual", "steel-slag-cement", "2026", "131500", "weighbridge")
    terms_agreed(hands, park, "steel-slag-cement")
    budget_set(hands, park)
    target_told(hands, park)
    milestone_told(hands, park, "steel-slag-cement")
    released(hands, park)
    complaints = window.complaints, window.strangers
    window.close()
    assert complaints == ([], [])
    return [address.removeprefix(served.base) for address in addresses]
