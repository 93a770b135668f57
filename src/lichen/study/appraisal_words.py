"""What the figures of an exchange are called in words."""

from __future__ import annotations

from lichen.appraise.exchange import QUANTITY, RATE, Exchange
from lichen.design.opportunities import Chosen
from lichen.figures import Text
from lichen.study.appraisal_case import CARBON, REPLACED
from lichen.vocabulary.materials import material

_PLAIN = {
    QUANTITY: Text("amount a year", "年数量"), REPLACED: Text("replacement rate", "替代率"),
    CARBON: Text("carbon price", "碳价"), RATE: Text("discount rate", "折现率"),
    "treatment": Text("treatment", "处理费"), "carriage": Text("carriage", "运费"),
    "investment": Text("investment", "投资"), "heat line": Text("hot-water line", "热水管线"),
}  # fmt: skip
_PLANT = {
    "way to ": Text("way to {}", "至{}的运费"), "way from ": Text("way from {}", "自{}的运费"),
    "operation of ": Text("operation of {}", "{}运行费"),
    "investment in ": Text("part of the investment in {}", "{}投资分摊"),
}  # fmt: skip


def figure_names(chosen: Chosen, one: Exchange) -> dict[str, Text]:
    """Return name → words for all figures of an exchange."""
    return {name: _name(chosen, name) for name in (QUANTITY, *(p.name for p in one.payments), *one.also, RATE)}


def _name(chosen: Chosen, name: str) -> Text:
    terms = chosen.terms
    if name == "price":
        code = terms.one.demand.material if terms.one.demand else terms.one.replaces
        return Text(f"price of {_called(code, 'en')}", f"{_called(code, 'zh')}价格")
    if name == "disposal":
        code = terms.one.stream
        return Text(f"disposal of {_called(code, 'en')}", f"{_called(code, 'zh')}处置费")
    for start, words in _PLANT.items():
        if name.startswith(start):
            plant = name.removeprefix(start)
            return Text(words.en.format(plant), words.zh.format(plant))
    return _PLAIN[name]


def _called(code: str, lang: str) -> str:
    return material(code).name("zh" if lang == "zh" else "en")
