"""Names by meaning: a tiny model of word vectors, read from a folder, with every fault of it told; and no net."""

import socket
import sys

import numpy as np
import pytest

from lichen.errors import FileError, InputError
from lichen.vocabulary.materials import match_material, material
from lichen.vocabulary.meaning import VARIABLE, NameModel, model_folder, open_model
from naming import TABLE, encode, save


@pytest.fixture(scope="module")
def model():
    return NameModel("tiny", encode)


@pytest.fixture
def no_net(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a model is looked for on the net")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


# --- what it proposes ------------------------------------------------------------------------------------------------
def test_a_name_that_is_spelled_otherwise_is_found_and_never_known(model):
    assert not [m for m in match_material("cuprous clinkery") if m.code == "slag.copper"]
    first, *others = model.nearest("cuprous clinkery", 3)
    assert first.code == "slag.copper"
    assert first.how == "meaning"
    assert not first.known
    assert first.score > 99
    assert all(first.score >= m.score for m in others)
    assert len(others) <= 2


def test_the_name_that_is_nearest_is_the_one_that_is_shown(model):
    (first, *_) = model.nearest("waste caoutchouc", 1)
    assert first.name == "waste rubber"
    assert first.name in material(first.code).names()
    assert model.nearest("铜的渣", 1)[0].code == "slag.copper"


@pytest.mark.parametrize("text", ["", "zzz", "完全不懂"])
def test_of_an_unknown_word_nothing_is_proposed(model, text):
    assert model.nearest(text) == ()


def test_most_is_at_least_one(model):
    assert len(model.nearest("calx", 0)) == 1


def test_what_is_alike_is_mutual_of_one_form_and_above_the_least(model):
    assert 0 < model.least <= 1
    for code in ("slag.copper", "scrap.copper", "gypsum.phospho", "waste.paper"):
        for other, near in model.alike(code).items():
            assert other != code
            assert near >= model.least
            assert material(other).form == material(code).form
            assert model.alike(other)[code] == pytest.approx(near)
    assert model.alike("slag") == {}, "a heading is called alike to nothing"


def test_vectors_are_of_length_one_or_zero(model):
    found = np.linalg.norm(model.vectors(["copper slag", "zzz", "铜渣"]), axis=1)
    assert found == pytest.approx([1, 0, 1])


def test_another_scale_of_the_vectors_changes_nothing(model):
    other = NameModel("tiny", lambda texts: 1000 * encode(texts))
    assert other.least == pytest.approx(model.least)
    assert other.alike("slag.copper").keys() == model.alike("slag.copper").keys()


# --- which folder ----------------------------------------------------------------------------------------------------
def test_what_is_named_goes_before_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert model_folder() is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "env"))
    assert model_folder() == tmp_path / "env"
    assert model_folder("model", tmp_path) == tmp_path / "model"
    assert model_folder(str(tmp_path / "far"), tmp_path / "study") == tmp_path / "far"


# --- reading ---------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("no_net")
def test_a_saved_model_is_read_and_does_what_it_did(tmp_path, model):
    found = open_model(save(tmp_path / "tiny"))
    assert found.name == "tiny"
    assert found.nearest("cuprous clinkery", 1)[0].code == "slag.copper"
    assert found.vectors(["copper slag", "zzz"]) == pytest.approx(model.vectors(["copper slag", "zzz"]), abs=1e-6)


def told(folder, kind=FileError):
    with pytest.raises(kind) as caught:
        open_model(folder)
    (one,) = caught.value.problems
    for lang in ("en", "zh"):
        assert one.found(lang)
        assert one.mend(lang)
        assert "{" not in one.text(lang)
    return one.code


@pytest.mark.usefixtures("no_net")
def test_a_folder_that_is_none_or_holds_no_model_is_never_looked_for_on_the_net(tmp_path):
    assert told(tmp_path / "minishlab" / "potion") == "meaning.no_folder"
    assert told(tmp_path) == "meaning.no_model"
    (tmp_path / "a file").write_text("x")
    assert told(tmp_path / "a file") == "meaning.no_folder"


def test_without_the_package_the_remedy_says_how_to_install_it(tmp_path, monkeypatch):
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        (tmp_path / name).write_text("{}")
    monkeypatch.setitem(sys.modules, "model2vec", None)
    assert told(tmp_path, InputError) == "meaning.no_package"


@pytest.mark.usefixtures("no_net")
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff" * 50, b"[1, 2"])
def test_a_file_that_is_broken_is_told(tmp_path, name, content):
    folder = save(tmp_path / "m")
    (folder / name).write_bytes(content)
    if (name, content) == ("config.json", b"{}"):
        assert open_model(folder).nearest("calx")
    else:
        assert told(folder) == "meaning.unreadable"


@pytest.mark.usefixtures("no_net")
def test_a_model_of_other_tensors_is_told(tmp_path):
    folder = save(tmp_path / "m")
    from safetensors.numpy import save_file

    save_file({"encoder.layer.0": np.ones((2, 2), np.float32)}, folder / "model.safetensors")
    assert told(folder) == "meaning.unreadable"


@pytest.mark.usefixtures("no_net")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_told(tmp_path, bad):
    vectors = np.array(list(TABLE.values()))
    vectors[list(TABLE).index("steel")] = bad
    assert told(save(tmp_path / "m", vectors=vectors)) in ("meaning.no_names", "meaning.unreadable")


@pytest.mark.usefixtures("no_net")
def test_a_model_that_knows_no_name_is_told(tmp_path):
    assert told(save(tmp_path / "m", ("cuprous", "calx"))) == "meaning.no_names"
