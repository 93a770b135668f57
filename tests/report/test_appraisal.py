"""The page of an appraisal: in both languages what both sides ask, and names that are text."""

import re
from dataclasses import replace
from html import unescape

import pytest

from appraisals import ASH, CEMENT, CLINKER, COSTS, FIRMS, flow, study
from discoveries import firm
from lichen.report.appraisal import appraisal_html, millions, row_of, write_appraisal_report
from lichen.report.texts import Words
from lichen.study.appraisal import run_appraisal

EXCHANGE = "power>ash.fly.coal>cement"
FEW = {"draws": 50}
TAX = """
[appraise.tax]
write_off = 10
inflation = { value = 2, unit = "%/a", kind = "reported", source = "made-up" }
"""
RISKS = f"exchange,mode,description,severity,occurrence,detection,owner,mitigation\n{EXCHANGE},quality,<b>carbon</b> too high,10,4,2,Li & Co,weekly test\n"


def page(result, lang, top=20):
    return unescape(re.sub(r"<style>.*?</style>", "", appraisal_html(result, lang, top), flags=re.DOTALL))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """With tax, risks, a price that was told, and a second firm."""
    folder = study(
        tmp_path_factory.mktemp("full") / "s", firms=(*FIRMS, firm("power2", "4411", (26.2, 106.0))), settings=TAX,
        flows=(replace(ASH, price=(-12.0, "CNY/t")), flow("power2", "out", "by-product", "ash.fly.coal", 30, fate="landfill"), CLINKER, CEMENT),
    )  # fmt: skip
    (folder / "risks.csv").write_text(RISKS, encoding="utf-8")
    return run_appraisal(folder, 0, "", None, FEW)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["net present value", "both gain between", "Abatement cost curve", "What it depends on", "After tax", "Terms to agree on", "To be judged", "readiness 1 of 9", "Told for the same stream by firms that give it (power): −12 CNY/t."]),
        ("zh", ["净现值", "双方受益价格区间", "减排成本曲线", "影响因素", "税后", "待商定的合同条款", "待评判", "就绪度 1/9", "填报的同类物流价格：−12 CNY/t"]),
    ],
)  # fmt: skip
def test_the_page_says_what_both_sides_ask(full, lang, said):
    text = page(full, lang)
    for words in said:
        assert words in text, words
    assert text.count("<article") == 2
    assert text.count("<svg") == 5  # cash, curve, two tornados, how the figures are known
    assert millions(full.whole.npv) in text
    assert not re.search(r"\bnan\b|None|\{[a-z_]+\}", text)


def test_names_of_users_are_text(full):
    html = appraisal_html(full, "en", 5)
    assert "<b>carbon</b>" not in html
    assert "&lt;b&gt;carbon&lt;/b&gt;" in html
    assert "<script" not in html
    assert "Risks of the highest severity" in html


def test_only_the_best_are_told_at_length(full):
    text = page(full, "en", 1)
    assert text.count("<article") == 1
    assert "1 more are in the tables" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_price_is_said_with_what_opens_one(tmp_path, lang):
    dear = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,240,200,300")
    result = run_appraisal(study(tmp_path / "s", dear), 0, "", {"objective": "waste"}, FEW)
    text = page(result, lang)
    for words in {"en": ["No price leaves both a gain", "landfill tax of", "subsidy or tax credit to the donor of", "none up to 30 years"],
                  "zh": ["没有双方均受益的价格", "填埋税：", "补贴或税收抵免（给供方）", "30 年以内均不能"]}[lang]:  # fmt: skip
        assert words in text, words
    row = row_of(result.exchanges[0], Words(lang))
    assert row["prices"] == {"en": "no price", "zh": "无可行价格"}[lang]
    assert row["equal"] == "–"
    assert float(row["per_tonne"]) > 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_network_of_nothing(tmp_path, lang):
    dear = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,240,200,300")
    result = run_appraisal(study(tmp_path / "s", dear), 0, "", None, FEW)
    path = write_appraisal_report(result, tmp_path / "out", lang, 5)
    assert {"en": "The network has no exchange.", "zh": "网络中没有交换。"}[lang] in path.read_text(encoding="utf-8")


def test_without_investment_there_is_no_rate_and_no_payback(tmp_path):
    costs = "".join(line for line in COSTS.splitlines(keepends=True) if not line.startswith("investment"))
    result = run_appraisal(study(tmp_path / "s", costs), 0, "", None, {"draws": 0})
    row = row_of(result.exchanges[0], Words("en"))
    assert (row["invested"], row["irr"], row["payback"], row["range"]) == ("none told", "–", "–", "")
    assert "No investment is told" in page(result, "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_plant_and_a_carbon_price_are_told(tmp_path, lang):
    plant = """
    [[design.plant]]
    id = "mill"
    name = { en = "Common mill", zh = "共用磨" }
    serves = ["ash.fly.coal"]
    at = "cement"
    operation = { value = 5, unit = "CNY/t", kind = "reported", source = "made-up", year = 2012 }
    [[design.plant.size]]
    id = "one"
    capacity = { value = 90, unit = "kt/a", kind = "reported", source = "made-up" }
    investment = { value = 3, unit = "百万元", kind = "reported", source = "made-up", year = 2012 }
    """
    costs = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,40,30,50")
    carbon = 'carbon_price = { value = 60, unit = "CNY/tCO2", kind = "reported", source = "made-up", year = 2012 }'
    text = page(run_appraisal(study(tmp_path / "s", costs, settings=plant, design=carbon), 0, "", None, FEW), lang)
    for words in {"en": ["Shared plant: Common mill", "Shapley value", "Carbon price 60 CNY/tCO2", "part of the investment in mill"],
                  "zh": ["共用处理厂：", "Shapley 值", "碳价 60 CNY/tCO2", "mill投资分摊"]}[lang]:  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "\u202eevil", "厂" * 200])
def test_names_of_firms_are_text_in_page_and_pictures(tmp_path, name):
    firms = (replace(FIRMS[0], name=name.replace("\u202e", "")), *FIRMS[1:])
    html = appraisal_html(run_appraisal(study(tmp_path / "s", firms=firms), 0, "", None, {"draws": 0}), "en", 5)
    assert "<script" not in html
    assert "49 →" not in html


def test_negative_costs_may_stand_in_layers(tmp_path):
    result = run_appraisal(study(tmp_path / "s", settings='[appraise]\nnegative = "pareto"'), 0, "", None, FEW)
    assert [(b.ranked_by, b.layer) for b in result.curve.blocks] == [("pareto", 1)]
    assert "Both gain from −20" in page(result, "en")
