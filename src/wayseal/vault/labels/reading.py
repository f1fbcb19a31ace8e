"""Labels read back from pictures: what a delivery device does, and how it is known that a label can be read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

from wayseal.vault.errors import LabelError
from wayseal.vault.labels.payload import Content, DayKey

_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The numbers and the payloads that could be read, each as often as it was."""

    numbers: tuple[str, ...]
    payloads: tuple[bytes, ...] = field(repr=False)

    def open(self, key: DayKey) -> tuple[str, Content]:
        """The number and what was sealed for it; LabelError where a symbol can't be read or another key is needed."""
        if not self.numbers or not self.payloads:
            raise LabelError("neither number nor payload can be read: take the picture again, straight and in light")
        return self.numbers[0], key.open(self.numbers[0], self.payloads[0])


def find_symbols(image: Any) -> Found:
    """The symbols in a picture of one label: a Pillow image or an array of grey."""
    found = zxingcpp.read_barcodes(image, formats=_FORMATS)
    codes = [one for one in found if one.valid]
    return Found(
        numbers=tuple(one.text for one in codes if one.format == zxingcpp.BarcodeFormat.Code128),
        payloads=tuple(one.bytes for one in codes if one.format == zxingcpp.BarcodeFormat.QRCode),
    )


def read_picture(path: Path) -> Found:
    """The symbols in a file. LabelError: it is no picture."""
    try:
        with Image.open(path) as image:
            return find_symbols(image.convert("L"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, Image.DecompressionBombError):
        raise LabelError("is no picture that can be read", file=path.name) from None
