"""The data dictionary of study files and the dataclasses that read them say the same."""

import dataclasses
import re
import tomllib
from importlib.resources import files

import pytest

from generator import GENERATE
from lichen.study.config_appraisal import Threshold
from lichen.study.schema import SECTIONS, section, settings_of
from lichen.web.templatetags import lichen as tags

CLASSES = GENERATE.described()
WORDS = tomllib.loads(files("lichen.study").joinpath("schema.toml").read_text(encoding="utf-8"))


def _keys():
    for name, kind in CLASSES.items():
        yield name
        yield from (f"{name}.{field.name}" for field in dataclasses.fields(kind))


def test_dictionary_and_dataclasses_have_the_same_fields():
    wanted = set(_keys())
    assert sorted(wanted - set(WORDS)) == [], "not described in schema.toml"
    assert sorted(set(WORDS) - wanted) == [], "described, but not there"


@pytest.mark.parametrize("key", sorted(WORDS))
def test_each_entry_says_it_in_both_languages(key):
    entry = WORDS[key]
    assert {"en", "zh"} <= set(entry) <= {"en", "zh", "name_en", "name_zh", "page_en", "page_zh"}
    assert all((f"{part}_en" in entry) == (f"{part}_zh" in entry) for part in ("name", "page"))
    assert entry["en"].endswith((".", "`", ">"))
    assert entry["zh"].endswith("。")
    assert any("\u4e00" <= c <= "\u9fff" for c in entry["zh"])


def test_each_class_stands_in_one_section_of_the_reference():
    shown = [name for names in GENERATE.FILES.values() for name in names]
    assert sorted(shown) == sorted(CLASSES)


def test_the_classes_that_studies_are_made_of_are_all_found():
    assert {"Study", "Exchange", "Figure", "Limit", "Intervention", "CellChange", "Published", "City"} <= set(CLASSES)
    assert "Loaded" not in CLASSES
    assert "ExchangeBook" not in CLASSES


def test_allowed_values_and_defaults_are_shown():
    text = GENERATE.study_file()
    assert "`idea` `contact` `feasibility` `agreed`" in text
    assert "`SLQ` `CILQ` `FLQ` `AFLQ` | `FLQ`" in text
    assert "| `include` | true, false | `true` |" in text
    assert "| `donor` | text | **needed** |" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_forms_speak_of_settings_and_not_of_the_file(lang):
    waiting, seen = [section(name) for name in SECTIONS], set()
    while waiting:
        setting = waiting.pop()
        said = setting_meaning_of(setting, lang)
        assert not re.search(r"\.(toml|csv)\b|[`{}]|inventory/|\[\[|\b[Ii]ds?\b", said), (setting.key, said)
        if setting.record is not None and setting.record not in seen:
            seen.add(setting.record)
            waiting += settings_of(setting.record)


def setting_meaning_of(setting, lang):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tags, "current", lambda: lang)
        return tags.setting_meaning(setting)


def test_everything_that_forms_set_has_a_name_and_a_shape():
    waiting, seen = [section(name) for name in SECTIONS], set()
    while waiting:
        setting = waiting.pop()
        assert setting.name.zh != setting.key, setting.key
        if setting.record is not None and setting.record not in seen:
            seen.add(setting.record)
            waiting += settings_of(setting.record)
    assert {k.__name__ for k in seen} >= {"Threshold", "DesignLimit", "SharedPlant", "PlantSize", "ProfitTax"}
    shapes = {s.key: (s.shape, s.needed, s.choices) for s in settings_of(Threshold)}
    assert shapes["high"] == ("figure", False, ())
    assert shapes["per"] == ("choice", True, ("value added", "revenue", "land", "waste", "employees"))
    assert shapes["required"][:2] == ("yes", False)
    with pytest.raises(KeyError):
        section("title")
