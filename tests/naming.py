"""A tiny model of names for tests: a direction for each word of the vocabulary."""

import numpy as np
import pytest

from lichen.vocabulary.materials import materials

OTHERWISE = {"cuprous": "copper", "clinkery": "slag", "calx": "quicklime", "caoutchouc": "rubber", "铜的渣": "铜渣"}
"""Words of no name in the vocabulary, and what they mean to the tiny model."""
assert not {word for item in materials() for name in item.names() for word in name.lower().split()} & set(OTHERWISE)
SIZE = 24


def tiny():
    """A direction for each word of the vocabulary, drawn by a fixed seed, and nearly the same for what means the same."""
    words = sorted({word for item in materials() for name in item.names() for word in name.lower().split()})
    drawn = np.random.default_rng(7).normal(size=(len(words) + len(OTHERWISE), SIZE))
    table = dict(zip(words, drawn, strict=False))
    for (word, same), noise in zip(OTHERWISE.items(), drawn[len(words) :], strict=True):
        table[word] = table[same] + 0.02 * noise
    return table


TABLE = tiny()


def encode(texts):
    """What a static model does: the mean over the words it knows."""
    found = np.zeros((len(texts), SIZE))
    for i, text in enumerate(texts):
        known = [TABLE[word] for word in text.lower().split() if word in TABLE]
        found[i] = np.mean(known, axis=0) if known else 0.0
    return found


def save(folder, words=tuple(TABLE), vectors=None):
    """Write a static model of some words, as users have them."""
    model2vec = pytest.importorskip("model2vec")
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0} | {w: i + 1 for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), WhitespaceSplit()
    given = np.array([TABLE[word] for word in words]) if vectors is None else vectors
    table = np.vstack([np.zeros((1, given.shape[1])), given]).astype(np.float32)
    model2vec.StaticModel(table, tokenizer).save_pretrained(folder)
    return folder
