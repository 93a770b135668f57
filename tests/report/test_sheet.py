"""The sheet for two firms shows what both may see, and no more."""

import re
from dataclasses import replace

import pytest

from discoveries import bought, made, park, slag
from lichen.errors import StudyError
from lichen.inventory.store import save
from lichen.report import sheet as sheets
from lichen.report.sheet import sheet, sheet_html, sheet_pdf, write_sheets
from lichen.report.texts import Words
from lichen.study.discovery import discovery_of
from lichen.study.flows import run_flows


def result(tmp_path, firms, flow_level="", **more):
    inventory = park(
        slag(1237, disclosure=flow_level, **more), bought("limestone", 54321), made("portland cement", 77777)
    )
    levels = dict(zip(("steel", "cement"), firms, strict=True))
    save(replace(inventory, firms=tuple(replace(f, disclosure=levels[f.id]) for f in inventory.firms)), tmp_path)
    return discovery_of(tmp_path, run_flows(tmp_path))


def best(found):
    return next(o for o in found.found.opportunities if o.stream == "slag.steel" and o.receiver.id == "cement")


def text(found, lang="en"):
    return re.sub(r"<[^>]+>", " ", sheet_html(best(found), found, lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_public_firms_see_numbers(tmp_path, lang):
    found = result(tmp_path, ("public", "public"))
    assert "1.24 kt/a" in text(found, lang)


def test_firms_of_the_park_see_bands(tmp_path):
    found = text(result(tmp_path, ("park", "park")))
    assert "1 237" not in found
    assert "1.24" not in found
    assert re.search(r"1 – 2 kt/a", found)


def test_what_is_private_is_not_shown_nor_who_it_is(tmp_path):
    found = result(tmp_path, ("private", "public"), composition={"CaO": 0.4, "fCaO": 0.0691}, moisture=0.08)
    shown = text(found)
    firm = next(f for f in found.flows.inventory.firms if f.id == "steel")
    assert firm.name not in shown
    assert "1.24" not in shown
    assert "does not hold" not in shown
    assert Words("en")("sheet_private") in shown
    written = write_sheets(found, tmp_path / "s", "en", 3)
    assert not any("steel-" in p.name.split("slag")[0] for p in written)


def test_a_receivers_secret_cannot_be_worked_out_from_a_cap(tmp_path):
    shown = text(result(tmp_path, ("public", "private")))
    assert "54" not in shown.replace("54321", "")
    assert "77" not in shown


def test_a_second_run_leaves_no_sheets_of_the_first(tmp_path):
    found = result(tmp_path, ("public", "public"))
    first = write_sheets(found, tmp_path / "s", "en", 3)
    assert {p.suffix for p in first} == {".html", ".pdf"}
    (tmp_path / "s" / "mine.txt").write_text("x", encoding="utf-8")
    write_sheets(found, tmp_path / "s", "en", 0)
    assert [p.name for p in (tmp_path / "s").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "name", ["#eval(1/0)", "$x$ *b* _i_ `c`", "<script>alert(1)</script>", "@ref [link]", "\\ \" ' #"]
)
def test_names_are_text_in_html_and_pdf(tmp_path, name):
    inventory = park(slag(10), bought("limestone", 50))
    save(replace(inventory, firms=tuple(replace(f, name=name, disclosure="public") for f in inventory.firms)), tmp_path)
    found = discovery_of(tmp_path, run_flows(tmp_path))
    assert "<script" not in sheet_html(best(found), found, "en")
    assert sheet_pdf(best(found), found, "en").startswith(b"%PDF")


def test_both_languages_make_a_pdf_or_say_which_font_is_missing(tmp_path, monkeypatch):
    found = result(tmp_path, ("public", "public"))
    assert sheet_pdf(best(found), found, "en").startswith(b"%PDF")
    monkeypatch.setattr(sheets, "CHINESE_FONTS", ("No Such Font",))
    with pytest.raises(StudyError, match="No Such Font"):
        sheet_pdf(best(found), found, "zh")


def test_the_sheet_says_where_it_is_done_and_what_to_do(tmp_path):
    found = result(tmp_path, ("public", "public"))
    shown = sheet(best(found), found, Words("en"))
    assert shown["known"]
    assert len(shown["steps"]) == 5
    assert shown["labels"]["footer"]
