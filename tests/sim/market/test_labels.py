"""Pictures of labels: readable, the same twice, alike in variants and unlike otherwise."""

import io
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from wayseal_sim import SimulateError
from wayseal_sim.market.parts import Picture, draw_label

NUMBER, CODE = "YT1234567890123", "https://qr.example/abcdefgh123456"


def picture(motif: int = 1, variant: str = "plain", number: str = NUMBER, code: str = CODE) -> Picture:
    return Picture(motif=motif, variant=variant, number=number, code=code)


def codes(data: bytes) -> dict[str, str]:
    import zxingcpp
    from PIL import Image

    return {code.format.name: code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(data)))}


def small(data: bytes) -> NDArray[np.float64]:
    from PIL import Image

    grey = Image.open(io.BytesIO(data)).convert("L").resize((9, 9))
    return np.asarray(grey, np.float64) / 255


@pytest.mark.parametrize("motif", range(8))
def test_number_and_code_can_be_read(motif: int) -> None:
    assert codes(draw_label(picture(motif))) == {"Code128": NUMBER, "QRCode": CODE}
    assert codes(draw_label(picture(motif, code="-"))) == {"Code128": NUMBER}
    assert codes(draw_label(picture(motif, number="", code=""))) == {}


def test_a_picture_is_the_same_twice_and_another_packed_otherwise() -> None:
    assert draw_label(picture()) == draw_label(picture())
    assert draw_label(picture(), 70) != draw_label(picture(), 90)
    assert len(draw_label(picture())) < 60_000


def test_variants_are_near_and_other_motifs_far() -> None:
    plain = small(draw_label(picture()))
    mirrored = small(draw_label(picture(variant="mirrored")))
    near = [
        np.abs(plain - small(draw_label(picture(code="-")))).mean(),
        np.abs(plain - mirrored[:, ::-1]).mean(),
        np.abs(plain - small(draw_label(picture(variant="cropped")))).mean(),
    ]
    far = [np.abs(plain - small(draw_label(picture(motif)))).mean() for motif in range(2, 12)]
    assert max(near) < min(far)
    assert np.abs(plain - mirrored).mean() > max(near)


@pytest.mark.parametrize("missing", ["PIL", "zxingcpp"])
def test_without_its_libraries_the_error_names_one(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SimulateError, match=f"{missing} must be installed"):
        draw_label(picture())
