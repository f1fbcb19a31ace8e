"""Every format, size and language is decoded again; nothing overflows, and nothing personal stands in any file."""

import base64
import io
import re
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.console.browsing import opened_browser
from tests.docs.pages import ROOT
from tests.vault.labels.making import DOOR, KEY, NUMBER, cpcl_dots, grey, label, plain, tspl_dots
from tests.vault.world import SECRETS
from wayseal.model.fields import FieldKind
from wayseal.vault.errors import LabelError
from wayseal.vault.labels import Format, Party, Size, _fonts, write_labels
from wayseal.vault.labels.formats import draw, render_pages
from wayseal.vault.labels.layout import Line, Symbol, lay_out
from wayseal.vault.labels.payload import Content
from wayseal.vault.labels.reading import find_symbols, read_picture

LONG = "内蒙古自治区锡林郭勒盟苏尼特左旗满都拉图镇" + "宝拉格大街北侧" * 12
SIZES = list(Size)
LANGS = ("zh", "en")


def read(image: Any, number: str = NUMBER) -> None:
    found = find_symbols(image)
    assert set(found.numbers) == {number}
    assert len(found.payloads) == 2
    opened, content = found.open(KEY)
    assert (opened, content.door, content.alias) == (number, DOOR, "小林")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("size", SIZES)
def test_each_format_is_decoded_again(size: Size, lang: str) -> None:
    labels = [label()]
    wide, high = size.dots
    dots = draw(lay_out(labels[0], size, lang), size)
    (png,) = write_labels(labels, Format.PNG, size, lang)
    image = Image.open(io.BytesIO(png))
    assert image.size == (wide, high)
    assert not image.text  # type: ignore[attr-defined]
    assert (np.array(image) == ~dots).all()
    read(image.convert("L"))
    (tspl,), (cpcl,) = (write_labels(labels, one, size, lang) for one in (Format.TSPL, Format.CPCL))
    for printed in (tspl_dots(tspl), cpcl_dots(cpcl)):
        assert (printed == dots).all()
    (zpl,) = write_labels(labels, Format.ZPL, size, lang)
    found = re.fullmatch(rb"\^XA\^PW(\d+)\^LL(\d+).*\^GFA,(\d+),(\d+),(\d+),:Z64:(.+):([0-9a-f]{4})\^FS\^XZ\n", zpl)
    assert found is not None
    assert [int(part) for part in found.groups()[:5]] == [wide, high, wide * high // 8, wide * high // 8, wide // 8]
    assert zlib.decompress(base64.b64decode(found[6])) == np.packbits(dots).tobytes()
    picture = Image.open(io.BytesIO(render_pages([lay_out(labels[0], size, lang)], size, format="png", ppi=203.2)[0]))
    assert picture.size == (wide, high)
    read(picture.convert("L"))
    # The same letters at the same places: the two differ by their edges.
    assert np.abs(np.asarray(picture.convert("L"), float) - grey(dots)).mean() < 12


@pytest.mark.needs("chromium")
@pytest.mark.slow
@pytest.mark.once
def test_zpl_is_rendered_and_decoded() -> None:
    script = ROOT / ".cache/front-end-tests/zpl-renderer.js"
    labels = [label()]
    with opened_browser() as browser:
        page = browser.new_page()
        page.add_script_tag(path=script)
        for size in SIZES:
            wide, high = size.dots
            (zpl,) = write_labels(labels, Format.ZPL, size, "zh")
            drawn = page.evaluate(
                "async ([zpl, wide, high]) => (await zpljs.ready).api.zplToBase64Async(zpl, wide, high, 8)",
                [zpl.decode(), wide / 8, high / 8],
            )
            image = Image.open(io.BytesIO(base64.b64decode(drawn))).convert("L")
            read(image)
            assert ((np.asarray(image) < 128) == draw(lay_out(labels[0], size, "zh"), size)).all()


def test_a_pdf_holds_a_page_a_label_and_nothing_about_itself() -> None:
    numbers = [f"YT{n:013d}" for n in range(3)]
    (raw,) = write_labels([label(number) for number in numbers], Format.PDF, Size.SMALL, "zh")
    assert write_labels([], Format.PDF, Size.SMALL, "zh") == []
    opened = raw + b"".join(inflated(raw))
    assert len(re.findall(rb"/Type/Page\b", opened)) == 3
    (box,) = {*re.findall(rb"/MediaBox\[0 0 (\S+) (\S+)\]", opened)}
    assert [round(float(one) / 72 * 25.4, 2) for one in box] == [76, 130]
    assert not re.search(
        rb"/(Title|Author|Subject|Keywords|CreationDate|ModDate) ?[(<]|dc:(title|creator)|Date>", opened
    )
    for text in SECRETS.values():
        assert text.encode() not in opened
        assert text.encode("utf-16-be").hex().encode() not in opened.lower()
    assert raw == write_labels([label(number) for number in numbers], Format.PDF, Size.SMALL, "zh")[0]


def inflated(raw: bytes) -> list[bytes]:
    out = []
    for found in re.finditer(rb"stream\r?\n", raw):
        try:
            out.append(zlib.decompressobj().decompress(raw[found.end() :]))
        except zlib.error:
            continue
    return out


def drawn_within(elements: list[Any], size: Size) -> None:
    """All of it lies on the label, with quiet zones, and no two elements lie on each other."""
    wide, high = size.dots
    seen = np.zeros((high, wide), dtype=bool)
    for one in elements:
        if isinstance(one, Line):
            box = one.x, one.y - one.size, one.x + round(_fonts.width(one.text, one.size, one.bold)), one.y
        else:
            across, down = one.modules.shape[1] * one.across, one.modules.shape[0] * one.down
            box = one.x, one.y, one.x + across, one.y + down
        left, top, right, bottom = box
        assert left >= 0
        assert top >= 0
        assert right <= wide
        assert bottom <= high
        if isinstance(one, Symbol) and one.modules.size > 1:
            assert min(one.across, one.down) >= 3
            assert not seen[top:bottom, left:right].any()
        if not (isinstance(one, Line) and one.white):
            seen[top:bottom, left:right] = True


@settings(max_examples=40)
@given(
    st.sampled_from(SIZES),
    st.sampled_from(LANGS),
    st.text("路街村镇镇江·abc XYZ，。（）***", max_size=140),
    st.text("南山755-A ", max_size=64),
    st.integers(1, 26),
    st.integers(0, 130),
)
def test_nothing_overflows(size: Size, lang: str, address: str, route: str, digits: int, door: int) -> None:
    """A text that doesn't fit is refused by its field; whatever is printed lies on the label."""
    party = Party(name="李**", phone="139******21", address=address, stands_in={FieldKind.ADDRESS})
    number = "YT" + "1" * digits
    try:
        payload = KEY.seal(number, Content(door="x" * door))
        made = plain(waybill=number, recipient=party, sender=party, route=route, payload=payload)
        elements = lay_out(made, size, lang)
    except LabelError as error:
        assert error.key in {"recipient_address", "sender_address", "route", "waybill"}  # noqa: PT017
        return
    drawn_within(elements, size)
    said = "".join(one.text for one in elements if isinstance(one, Line)).replace(" ", "")
    assert address.replace(" ", "") in said
    found = find_symbols(Image.fromarray(grey(draw(elements, size))))
    assert set(found.numbers) == {number}
    assert found.payloads == (payload, payload)


@pytest.mark.parametrize("size", SIZES)
def test_the_longest_address_is_made_smaller(size: Size) -> None:
    made = plain(recipient=Party(name="李**", phone="***", address=LONG, stands_in={FieldKind.ADDRESS}))
    lines = [one for one in lay_out(made, size, "zh") if isinstance(one, Line) and one.text in LONG and one.text]
    assert "".join(one.text for one in lines) == LONG
    assert len({one.size for one in lines}) == 1
    too_long = Party(name="李**", phone="***", address="路" * 4000, stands_in={FieldKind.ADDRESS})
    with pytest.raises(LabelError) as caught:
        lay_out(plain(recipient=too_long), size, "zh")
    assert caught.value.key == "recipient_address"


def test_a_word_that_is_wider_than_a_line_goes_on_in_the_next() -> None:
    word = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 6
    party = Party(name="李**", phone="***", address=word, stands_in={FieldKind.ADDRESS})
    elements = lay_out(plain(recipient=party), Size.SMALL, "en")
    drawn_within(elements, Size.SMALL)
    assert word in "".join(one.text for one in elements if isinstance(one, Line))


def test_rare_characters_are_printed_or_refused_by_their_field() -> None:
    printed = Party(name="𠮷**", phone="***", address="***", stands_in={FieldKind.NAME})
    assert lay_out(plain(recipient=printed), Size.SMALL, "zh")
    lacking = Party(name="\U0002a6d6**", phone="***", address="***", stands_in={FieldKind.NAME})
    with pytest.raises(LabelError, match="the font lacks") as caught:
        lay_out(plain(recipient=lacking), Size.SMALL, "zh")
    assert caught.value.key == "recipient_name"


def test_a_number_that_finds_no_room_is_refused() -> None:
    with pytest.raises(LabelError) as caught:
        lay_out(plain(waybill="ABCDEFGHJKLMNPQRSTUVWXYZ23456789"), Size.SMALL, "zh")
    assert caught.value.key == "waybill"


def test_a_machine_without_chinese_letters_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from wayseal.vault.labels import formats

    monkeypatch.setattr(_fonts, "_FILES", (("none.ttc", 0),))
    monkeypatch.setattr(formats, "FAMILIES", ("None",))
    for cached in (_fonts._font, formats._typesetter):
        cached.cache_clear()
    with pytest.raises(LabelError, match="fonts-noto-cjk"):
        _fonts._font(31, True)
    with pytest.raises(LabelError, match="fonts-noto-cjk"):
        formats._typesetter()


def test_pictures_that_are_none(tmp_path: Any) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    with pytest.raises(LabelError, match=r"x\.png"):
        read_picture(tmp_path / "x.png")
    with pytest.raises(FileNotFoundError):
        read_picture(tmp_path / "none.png")
    Image.new("L", (600, 600), 255).save(tmp_path / "blank.png")
    with pytest.raises(LabelError, match="neither number nor payload"):
        read_picture(tmp_path / "blank.png").open(KEY)
