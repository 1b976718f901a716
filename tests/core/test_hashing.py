"""Canonical JSON is one text for one meaning; clean text is what both databases can keep."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hashing import canonical_json, clean_text, sha256_bytes, sha256_text

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
data = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def test_the_form_is_the_contracts() -> None:
    text = canonical_json({"b": [1, None, True], "a": "八角“南里”\u2028é"})

    assert text == '{"a":"八角“南里”\u2028é","b":[1,null,true]}'
    assert sha256_text(text) == sha256_bytes(text.encode("utf-8"))
    assert sha256_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(data)
def test_what_is_read_back_has_the_same_text(value: object) -> None:
    text = canonical_json(value)

    assert canonical_json(json.loads(text)) == text
    assert json.loads(text) == value


@given(st.dictionaries(texts, st.integers(), min_size=2, max_size=6))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    turned = dict(reversed(value.items()))

    assert canonical_json(turned) == canonical_json(value)


@pytest.mark.parametrize("bad", [0.1, [1.0], {"a": {"b": (float("nan"),)}}, {1: "x"}, {"a": {2: 3}}, {"a": object()}])
def test_floats_and_keys_that_are_no_text_are_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(bad)


def test_a_lone_surrogate_has_no_hash() -> None:
    with pytest.raises(UnicodeEncodeError):
        sha256_text(canonical_json({"a": "\ud800"}))


@pytest.mark.parametrize(
    "text", ["", "阿不都·热合曼", "𠮷野家", "👩‍👧", "a\u200db", "第１２号　甲", "a\u00a0b", "\ue000 私用区", " 前后 "]
)
def test_text_is_kept_as_typed(text: str) -> None:
    assert clean_text(text) == text


def test_text_is_composed_but_never_folded() -> None:
    assert clean_text("é") == "é"
    assert clean_text("ａ①㎡") == "ａ①㎡"  # NFKC would make it a1m2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a\x00b", "U+0000"),
        ("a\x1bb", "U+001B"),
        ("a\x85b", "U+0085"),
        ("a\ud800", "不完整"),
        ("\udfffa", "不完整"),
        ("a\ufffe", "不完整"),
        ("a\u202eb", "U+202E"),
        ("a\tb", "Tab"),
        ("a\nb", "换行"),
        ("a\r\nb", "换行"),
        ("a\u2028b", "换行"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(text: str, word: str) -> None:
    with pytest.raises(ValueError, match="文字里有") as caught:
        clean_text(text)
    assert word in str(caught.value)


def test_lines_stay_where_several_are_wanted() -> None:
    assert clean_text("一\r\n二\r三\n四\u2028五", multiline=True) == "一\n二\n三\n四\u2028五"
    with pytest.raises(ValueError, match="U\\+0000"):
        clean_text("一\n\x00", multiline=True)


@given(st.text(max_size=30))
def test_whatever_comes_through_is_utf8_without_controls(text: str) -> None:
    try:
        kept = clean_text(text)
    except ValueError:
        return
    assert kept == unicodedata.normalize("NFC", text)
    kept.encode()
    assert not [c for c in kept if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
