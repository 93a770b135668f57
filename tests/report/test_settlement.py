"""The page for investors: criteria, verdict and links in both languages."""

import re
from dataclasses import replace
from html import unescape

import pytest

from appraisals import BRICK, newcomer, study, threshold
from appraisals import BRICK_FLOWS as FLOWS
from lichen.report.settlement import settlement_html, write_settlement_report
from lichen.study.settlement import run_settlement


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["What the park asks", "energy over output value", "at most 0.4 tce/万元", "not known", "It could take", "coal fly ash", "bought today", "Invented for this scaffold"]),
        ("zh", ["园区的要求", "能源与产值之比", "不高于 0.4 tce/万元", "未知", "可接收", "粉煤灰", "现外购量", "属于园区所缺企业"]),
    ],
)  # fmt: skip
def test_the_page_says_what_an_investor_asks(tmp_path, lang, said):
    text = threshold(high=0.4) + threshold("value added", "land", low=9, unit="亿元/km2", code="land")
    result = run_settlement(
        study(tmp_path / "s", settings=text), newcomer(tmp_path, FLOWS, [replace(BRICK, name="<script>")])
    )
    html = settlement_html(result, lang)
    page = unescape(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))
    for words in said:
        assert words in page, words
    assert not re.search(r"\bnan\b|None|\{[a-z_]+\}", page)
    assert "&lt;script" in html
    assert "<script" not in html


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_criteria_alone(tmp_path, lang):
    path = write_settlement_report(run_settlement(study(tmp_path / "s")), tmp_path / "out", lang)
    assert {"en": "sets no thresholds", "zh": "未设门槛"}[lang] in path.read_text(encoding="utf-8")
