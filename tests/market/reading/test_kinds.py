"""What a text is taken for, how sure, and why. All handles and texts are invented."""

import math

import numpy as np
import pytest

from wayseal.market.reading import Reader, Word, WordKind
from wayseal.market.reading.learning import (
    COLUMNS,
    FLAG,
    HASHED,
    LOGISTICS,
    PLACES,
    SIDES,
    WIDE,
    corrected,
    judge_texts,
    list_text_places,
    make_model,
)
from wayseal.market.types import FLAGGED, Kind

ADVERTS = {
    "出快递单号，实时更新，当天未揽收，1元一个": Kind.WAYBILL,
    "高价收快遞面單手拍，母婴女装，日结": Kind.WAYBILL,
    "查档，户籍全户，开房同住，三网定位": Kind.PERSONAL,
    "寻快递公司内部人员合作，能导单的来": Kind.INSIDER,
    "空包代发，真实物流，包签收，刷单专用": Kind.EMPTY_PARCELS,
    "面单打印机怎么连电脑": Kind.LOGISTICS,
    "今天天气不错，一起吃饭": Kind.OTHER,
}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.kernels
@pytest.mark.filterwarnings("ignore:overflow encountered")  # hashes without the compiler
@pytest.mark.parametrize(("text", "kind"), ADVERTS.items())
def test_kinds(reader: Reader, text: str, kind: Kind) -> None:
    assert reader.read(text).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "出块递单·号，实★时，1元一个",
        "查\u200b档，戶籍 全戶，开_房_同_住，三网定\u0336位",
        "木旦档，户藉全户，开房同住，轨计",
        "出kuaidi面dān，shi时，1元一个",
        "➡出➡快➡D➡M➡单➡一手",
        "cha档，hu籍quan户，kai房tong住",
    ],
)
def test_alteration_changes_no_verdict(reader: Reader, text: str) -> None:
    assert reader.read(text).kind in FLAGGED


@pytest.mark.kernels
@pytest.mark.filterwarnings("ignore:overflow encountered")  # hashes without the compiler
def test_pinyin_sounds_as_what_it_spells() -> None:
    """By readings the places are the same; a name, with digits or a line beside it, is none."""

    def sounds(text: str) -> set[int]:
        return {place for place in list_text_places([text])[0].tolist() if HASHED <= place < 2 * HASHED}

    assert sounds("快递面单") == sounds("kuaidi面dan") == sounds("kuài dì miàndān")
    assert not sounds("面单") & sounds("miandan88")
    assert not sounds("面单") & sounds("@miandan")
    assert not sounds("面单") & sounds("mian_dan")


def test_probabilities_are_of_all_kinds(reader: Reader) -> None:
    for reading in reader.read_many([*ADVERTS, "", "\u200b", "？？？"]):
        assert math.isclose(sum(value for _, value in reading.probabilities), 1.0)
        assert {kind for kind, _ in reading.probabilities} == set(Kind)
        assert dict(reading.probabilities)[reading.kind] == reading.probability
        flagged = sum(value for kind, value in reading.probabilities if kind in FLAGGED)
        assert (reading.kind in FLAGGED) == (flagged >= 0.5)


def test_a_text_is_read_by_itself(reader: Reader) -> None:
    texts = [*ADVERTS, "", "x" * 5_000, "a" * 150_000, "b" * 90, *reversed(ADVERTS)]
    assert reader.read_many(texts) == [reader.read(text) for text in texts]


def test_reasons_are_places_in_the_text_and_add_up_to_the_score() -> None:
    text = "出快·遞面單，一手手拍，当天实时"
    reading = Reader().read(text)
    assert all(text[one.at[0] : one.at[1]] == one.text for one in reading.reasons)
    assert "快·遞面單" in reading.reasons[0].text
    weights = [abs(one.weight) for one in reading.reasons]
    assert weights == sorted(weights, reverse=True)
    of_kind = dict(reading.probabilities)
    flagged = sum(of_kind[kind] for kind in FLAGGED)
    rival = max((kind for kind in FLAGGED if kind is not reading.kind), key=lambda kind: of_kind[kind])
    score = math.log(flagged / (1 - flagged)) + math.log(reading.probability / of_kind[rival])
    model = corrected(None)
    (scores,) = judge_texts(model, [text]).scores
    side = max((FLAG, WIDE), key=lambda column: scores[column])
    mine, other = (1 + SIDES[0].index(kind) for kind in (reading.kind, rival))
    bias = float(model.bias[side] + model.bias[mine] - model.bias[other])
    assert math.isclose(score, float(scores[side] + scores[mine] - scores[other]), rel_tol=1e-6)
    assert math.isclose(sum(one.weight for one in reading.reasons), score - bias, rel_tol=0.15)


def test_what_the_model_weighs_decides() -> None:
    """A model that knows one run alone, from adverts or from what was worded otherwise: what has it is looked at."""
    places, _ = list_text_places(["甲乙丙"])
    for column in (FLAG, WIDE):
        weights = np.zeros((len(places), COLUMNS), np.float16)
        weights[:, column], weights[:, 3] = 40, 20
        bias = np.zeros(COLUMNS)
        bias[[FLAG, WIDE, LOGISTICS]] = -5
        reader = Reader(model=make_model(np.array(places), weights, bias, 1.0))
        reading = reader.read("甲·乙丙")
        assert reading.kind is Kind.INSIDER
        assert [one.text for one in reading.reasons] == ["甲·乙丙"]
        assert reader.read("丁戊己").kind is Kind.OTHER
    assert max(places) < PLACES


@pytest.mark.kernels
@pytest.mark.filterwarnings("ignore:overflow encountered")  # hashes without the compiler
def test_a_long_text_is_judged_by_its_worst_stretch(reader: Reader) -> None:
    advert = "查档，户籍全户，开房同住，三网定位"
    text = "今天吃什么好呢？" * 800 + advert + "明天再说吧。" * 800
    reading = reader.read(text)
    assert reading.kind is Kind.PERSONAL
    heaviest = reading.reasons[0]
    assert text[heaviest.at[0] : heaviest.at[1]] == heaviest.text
    assert heaviest.text in advert


def test_words_that_a_person_accepted_count() -> None:
    text = "出冰糖葫芦串，老板来"
    word = Word(word="冰糖葫芦串", zh="面单", en="label", kind=WordKind.WAYBILL, source="test", date="2026-11-28")

    def flagged(reader: Reader) -> float:
        return sum(value for kind, value in reader.read(text).probabilities if kind in FLAGGED)

    assert flagged(Reader([word])) > 3 * flagged(Reader())


@pytest.mark.kernels
@pytest.mark.filterwarnings("ignore:overflow encountered")  # hashes without the compiler
def test_nothing_can_be_read_out_of_the_model() -> None:
    """Weights lie under hashes; no letters of handles have a place of their own."""
    one, two = list_text_places(["@abcdefgh 出面单 13800000000"]), list_text_places(["@zyxwvuts 出面单 13911111111"])
    assert (one[0] == two[0]).all()
