"""The report page: both languages say the same, it opens offline, it holds what it must, and hostile names do nothing."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lichen.report import report_html
from lichen.report.html import decimals, fixed, number, percent
from lichen.report.texts import Words, _catalogue
from lichen.study.new import new_study
from lichen.study.run import run_study

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"
SOURCE = Path(__file__).parents[2] / "src" / "lichen" / "report"


@pytest.fixture(scope="module")
def guiyang():
    return run_study(GUIYANG)


def test_words_say_the_same_in_both_languages():
    for key, entry in _catalogue().items():
        assert set(entry) == {"en", "zh"}, key
        places = [sorted(re.findall(r"{(\w+)}", entry[lang])) for lang in ("en", "zh")]
        assert places[0] == places[1], key


def test_every_word_is_used_and_there():
    used = set()
    for path in [*SOURCE.glob("*.py"), *SOURCE.glob("templates/*.j2")]:
        used |= set(re.findall(r"""\b(?:words|w)\(\s*["']([\w.]+)["']""", path.read_text(encoding="utf-8")))
    known = {key for key in _catalogue() if "." not in key}
    assert used <= known
    from lichen.discover.values import COMPONENTS
    from lichen.report import park_pictures as park

    computed = {*park.ENDS.values(), *park.SOURCES.values(), "from_materials", "end_product", "by_sector", "by_firm", "sankey_mass",
                "sankey_energy", "sankey_water", *(f"component_{c}" for c in COMPONENTS), "mass", "energy", "water", "output", "value_added", "measured", "reported", "estimated", "assumed", "as_published", "domestic",
                "note_severity", "warning", "error"}  # fmt: skip
    labels = (
        "known",
        "conditions",
        "ask_of",
        "treatment",
        "hazards",
        "next",
        "signed",
        "footer",
        *(f"step_{i}" for i in range(1, 6)),
    )
    computed |= {f"sheet_{name}" for name in labels}
    assert known - used - computed == set()


def test_unknown_names_of_users_are_shown_as_they_are():
    words = Words("zh")
    assert words.known("component", "raw_coal") == "原煤"
    assert words.known("component", "rice_husk") == "rice husk"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_holds_what_a_planner_asks_for(guiyang, lang):
    page = report_html(guiyang, lang)
    words = Words(lang)
    for key in ("answer", "network", "contributions", "scenarios", "sectors", "winners", "years", "network_design", "follow_heading", "literature",
                "how", "inputs", "warnings", "sources"):  # fmt: skip
        assert words(key) in page, key
    for used in guiyang.figures:
        assert used.key in page
    for source in guiyang.loaded.sources.values():
        if source.doi:
            assert source.doi in page
    # of the park, opportunities, the network, follow-up; dots beside words are no pictures
    assert page.count("<svg") - page.count('<svg width="8"') == 12 + 6 + 2 + 1 + 1


def test_page_opens_offline_and_runs_nothing(guiyang):
    page = report_html(guiyang, "en")
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    assert "default-src 'none'" in page
    assert not re.search(r"\son\w+=", page)


def test_pictures_are_well_formed(guiyang):
    page = report_html(guiyang, "zh")
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.S):
        assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_same_result_same_page(guiyang):
    assert report_html(guiyang, "en") == report_html(guiyang, "en")


def test_hostile_names_are_text(tmp_path):
    new_study(tmp_path / "s")
    for name in ("study.toml", "exchanges.toml"):
        path = tmp_path / "s" / name
        text = path.read_text(encoding="utf-8")
        text = text.replace('"Exampletown"', "'<script>alert(1)</script>'").replace(
            '"granulated slag"', "'\"><img src=x onerror=1>'"
        )
        path.write_text(text, encoding="utf-8")
    page = report_html(run_study(tmp_path / "s"), "en")
    assert "<script" not in page
    assert "<img" not in page


def test_study_without_reference_or_exchanges_still_has_a_page(tmp_path):
    new_study(tmp_path / "s")
    path = tmp_path / "s" / "study.toml"
    text = path.read_text(encoding="utf-8").replace(
        'exchanges = "exchanges.toml"\ninterventions = "interventions.toml"\n', ""
    )
    head, _, rest = text.partition('[[scenario]]\nid = "UIS"')
    tail = rest[rest.index("[report]") :].replace('scenario = "UIS"', 'scenario = "BAU"')
    text = (head + tail).replace('exchanges_present = "existing"', "").replace('exchanges = "existing"', "")
    path.write_text(text, encoding="utf-8")
    result = run_study(tmp_path / "s")
    for lang in ("en", "zh"):
        page = report_html(result, lang)
        assert "CO2" in page
        assert Words(lang)("winners") not in page


def test_numbers_of_tables():
    assert fixed(-0.0305, 3) == "−0.030"
    assert fixed(0.0004, 3) == "0"
    assert fixed(-1234.56, 1) == "−1\u202f234.6"
    assert fixed(float("nan"), 2) == "–"
    assert percent(-0.0156, 2, plus=True) == "−1.56\u00a0%"
    assert decimals([0.268, -0.03]) == 3
    assert decimals([87.5]) == 1
    assert decimals([]) == 0


def test_no_line_is_broken_inside_a_number():
    for text in (fixed(1234567.0, 0), number(1234567.0, 9)):
        assert text.count("\u202f") == 2, "a thin space would let a line end there"
