"""Names in English and Chinese: one written form for comparing, and how alike two names are.

:func:`plain` writes ``Ｇranulated blast-furnace slags`` and ``granulated blast furnace slag`` the same way, and 鋼渣 as
钢渣. It changes spelling only (width, case, plural, British and American, traditional and simplified characters,
punctuation) and never drops a word that tells materials apart.
"""

from __future__ import annotations

import functools
import re
import unicodedata

LONGEST = 200
"""Characters of a name that are read; what a firm writes into a cell is shorter."""

_TRADITIONAL = (
    "鋼鐵爐礦鋁銅鋅鉛錳鉻鎳鈦鎂鈣鈉鉀廢氣電熱漿紙膠輪劑鹽鹼濾餅處穀殼醬滷餘壓溫濕乾製產業燒結轉塵離樹線纜機車損舊雜銨礬塊層質貴錫銻鎢鉬釩環氫氬瀝煉鍋滲潤餾葉稈麥澱豬雞糞魚鱗內腳飼飲廚級絲織纖維麵釀發態體磚"
    "牆樓築觸樁凈淨採選燼燈賣買購頭顆餵類歸滅脫噴鑄鍛銲頁黃銀鉑鎘鋰鈷鋯硏鋸鉋爾種農蟲獸運輸營養藥醫療棄達還後"
)
_SIMPLIFIED = (
    "钢铁炉矿铝铜锌铅锰铬镍钛镁钙钠钾废气电热浆纸胶轮剂盐碱滤饼处谷壳酱卤余压温湿干制产业烧结转尘离树线缆机车损旧杂铵矾块层质贵锡锑钨钼钒环氢氩沥炼锅渗润馏叶秆麦淀猪鸡粪鱼鳞内脚饲饮厨级丝织纤维面酿发态体砖"
    "墙楼筑触桩净净采选烬灯卖买购头颗喂类归灭脱喷铸锻焊页黄银铂镉锂钴锆研锯刨尔种农虫兽运输营养药医疗弃达还后"
)
_SIMPLER = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_SPELLINGS = {
    "sulfur": "sulphur", "sulfuric": "sulphuric", "sulfate": "sulphate", "sulfide": "sulphide", "aluminum": "aluminium",
    "fiber": "fibre", "fiberglass": "fibreglass", "tire": "tyre", "gray": "grey", "fertilizer": "fertiliser",
    "desulfurization": "desulphurisation", "desulphurization": "desulphurisation", "pulverized": "pulverised",
    "demineralized": "demineralised", "galvanized": "galvanised", "deionized": "deionised", "mold": "mould",
    "phosphorous": "phosphorus", "petrolium": "petroleum", "cullett": "cullet",
}  # fmt: skip
_CJK = re.compile(r"[㐀-鿿]")
_GAP = re.compile(r"(?<=[㐀-鿿]) (?=[㐀-鿿])")
_NO_PLURAL = ("ss", "us", "is", "as", "os")


def plain(text: str) -> str:
    """Return ``text`` in the one form in which names are compared.

    >>> plain("Sulfuric  Acids"), plain("（濕）鋼 渣")
    ('sulphuric acid', '湿钢渣')
    """
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_SIMPLER)
    text = "".join(c if c.isalnum() or c in "+.%" else " " for c in text)
    text = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", text)
    words = [_singular(_SPELLINGS.get(word, word)) for word in text.split()]
    return _GAP.sub("", " ".join(_SPELLINGS.get(word, word) for word in words))


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.isascii() or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("shes", "ches", "sses", "xes")) else word[:-1]


def is_chinese(text: str) -> bool:
    """Whether ``text`` holds a Chinese character."""
    return _CJK.search(text) is not None


@functools.lru_cache(8192)
def _chinese(text: str) -> bool:
    return is_chinese(text)


def alike(text: str, name: str) -> float:
    """Return how alike two plain names are, 0 to 100.

    Chinese names are compared by pairs of characters and by the longer name's best part, since firms put a place or a
    grade before the material (某厂二级粉煤灰); English names by words in any order.
    """
    if _chinese(text) != _chinese(name):
        return 0.0
    return _alike_chinese(text, name) if _chinese(text) else _alike_words(text, name)


def _alike_words(text: str, name: str) -> float:
    from rapidfuzz import fuzz

    score = max(fuzz.ratio(text, name), fuzz.token_sort_ratio(text, name))
    if " " in text and " " in name:
        score = max(score, 0.9 * fuzz.token_set_ratio(text, name))
    elif len(name) > 3 and name in text.split():
        score = max(score, 75.0)
    elif len(text) > 3 and text in name.split():
        score = max(score, 70.0)
    return score


def _alike_chinese(text: str, name: str) -> float:
    from rapidfuzz import fuzz

    if not set(text) & set(name):
        return 0.0
    score = max(fuzz.ratio(text, name), 100.0 * _pairs_shared(text, name))
    short, long = sorted((len(text), len(name)))
    if short >= 2:
        score = max(score, 0.72 * fuzz.partial_ratio(text, name) + 12.0 * short / long)
        if text.endswith(name) or name.endswith(text):  # the kind of material stands at the end
            score = max(score, 78.0 + 12.0 * short / long)
    return score


def _pairs_shared(text: str, name: str) -> float:
    """Return the share of neighbouring characters that two names have in common (Dice)."""
    a, b = ([word[i : i + 2] for i in range(len(word) - 1)] for word in (text, name))
    return 2.0 * len(set(a) & set(b)) / (len(set(a)) + len(set(b))) if a and b else 0.0
