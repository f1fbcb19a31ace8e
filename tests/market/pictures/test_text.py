"""Text in pictures: three are read, one upright, one turned by a quarter, one out of focus and upside down."""

import importlib.util
import io

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from wayseal.market.pictures import read_picture, text_is_read
from wayseal.market.types import Handle, HandleKind

NUMBER = "YT8801203456789"
LINES = ("EXPRESS 3421", "No. YT88 0120 3456 789", "Tel 138****0017", "2026/11/05 17:42")


def _label() -> Image.Image:
    label = Image.new("RGB", (640, 300), (250, 250, 250))
    draw = ImageDraw.Draw(label)
    for place, line in enumerate(LINES):
        draw.text((30, 24 + 64 * place), line, fill=(10, 10, 10), font=ImageFont.load_default(34))
    return label


def _data(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.slow
def test_lines_stand_in_their_order_however_the_picture_was_held() -> None:
    for picture in (
        _label(),
        _label().rotate(90, expand=True),
        _label().filter(ImageFilter.GaussianBlur(3)).rotate(180),
    ):
        read = read_picture(_data(picture), text=True, find_handles=_find)
        assert (read.numbers[0].number, read.numbers[0].couriers) == (NUMBER, ("yto",))
        assert read.numbers[0].probability > 0.8
        assert sum(one.probability for one in read.numbers if one.couriers == ("yto",)) <= 1 + 1e-6
        texts = [text for text, _ in read.lines]
        order = [next(n for n, text in enumerate(texts) if word in text) for word in ("3421", "3456", "0017", "2026")]
        assert order == sorted(order)
        assert all(0 < probability <= 1 for _, probability in read.lines)
        assert read.handles == (Handle(kind=HandleKind.LINK, value="found"),)
        assert NUMBER not in repr(read)
        assert "3421" not in repr(read)


def _find(text: str) -> list[Handle]:
    return [Handle(kind=HandleKind.LINK, value="found", at=(0, 3))] if "3421" in text else []


def test_without_the_extra_there_are_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text_is_read()
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "rapidocr" else real(name))
    assert not text_is_read()
    read = read_picture(_data(_label()), text=True)
    assert (read.lines, read.numbers, read.codes) == ((), (), ())
    assert read.hash == read_picture(_data(_label()), text=False).hash


def test_text_is_read_only_when_it_is_asked_for() -> None:
    assert read_picture(_data(_label()), text=False).lines == ()


def test_a_picture_without_anything_is_an_empty_record() -> None:
    for size in ((3000, 5), (1, 900), (1, 1)):
        read = read_picture(_data(Image.new("RGB", size, (200, 10, 10))), text=True)
        assert (read.lines, read.numbers, read.codes, read.handles) == ((), (), (), ())
