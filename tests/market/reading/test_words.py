"""The dictionary as data, and new words that are proposed. All texts are invented."""

from pathlib import Path

import pytest

from wayseal.market.errors import MarketError
from wayseal.market.reading import WordKind, load_words, propose_words
from wayseal.market.reading.learning import HASHED, fold_texts, list_text_places


def test_every_word_is_explained_in_both_languages_and_folded_already() -> None:
    words = load_words()
    assert len({word.word for word in words}) == len(words)
    for word in words:
        assert all([word.zh, word.en, word.source, word.date])
        assert fold_texts([word.word]) == [word.word]
    assert {word.kind for word in words} == set(WordKind)


def test_a_file_of_accepted_words(tmp_path: Path) -> None:
    path = tmp_path / "accepted.toml"
    path.write_text(
        '[[group]]\nkind = "waybill"\nsource = "chat of March"\ndate = "2026-11-28"\n'
        'words = [{ word = "糖单", zh = "面单", en = "label" }]\n',
        encoding="utf-8",
    )
    (word,) = load_words(path)
    assert (word.word, word.kind, word.source) == ("糖单", WordKind.WAYBILL, "chat of March")
    path.write_text('[[group]]\nkind = "sweets"\n', encoding="utf-8")
    with pytest.raises(MarketError) as error:
        load_words(path)
    assert "accepted.toml" in str(error.value)
    assert "sweets" not in str(error.value)


def test_a_new_word_near_known_ones_is_proposed() -> None:
    heads, tails = ("出", "收", "求", "要", "有"), ("实时", "手拍", "一手", "当天", "老板来")
    adverts = [f"{head}糖葫芦{tail}快递面单" for head, tail in zip(heads, tails, strict=True)]
    chat = [f"今天吃{dish}，老板来" for dish in ("面条", "米饭", "水饺", "包子", "烧饼")]
    found = propose_words([*adverts, *adverts, *chat], least=3)
    names = [one.word for one in found]
    assert any("糖葫" in name or "葫芦" in name for name in names[:3])
    best = next(one for one in found if "葫芦" in one.word)
    assert best.texts == 5  # copies count once
    assert best.elsewhere == 0
    assert best.kind is WordKind.WAYBILL
    assert "面单" in best.near
    assert not {"老板", "板来", "面单", "快递"} & set(names)


def test_pieces_of_copied_texts_are_no_words() -> None:
    copies = [f"{tag}长期供应糖葫芦山楂快递面单{tag}" for tag in ("甲", "乙", "丙", "丁")]
    assert {one.word for one in propose_words(copies)} <= {"长期供应"}


def test_what_stands_near_nothing_known_is_not_proposed() -> None:
    assert propose_words(["今天天气很好", "明天天气很好", "后天天气很好"]) == []
    assert propose_words([]) == []


@pytest.mark.kernels
@pytest.mark.filterwarnings("ignore:overflow encountered")  # hashes without the compiler
def test_a_letter_stands_for_one_character_of_a_word() -> None:
    def words_in(text: str) -> list[int]:
        return [place for place in list_text_places([text])[0].tolist() if place >= 2 * HASHED]

    assert words_in("机Z") == words_in("几主") != []
    assert words_in("机X") == words_in("机Zx") == []
