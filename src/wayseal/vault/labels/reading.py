"""Labels read back from pictures: what a delivery device does, and how it is known that a label can be read."""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter

from wayseal.vault.errors import LabelError
from wayseal.vault.labels.payload import Content, DayKey, is_payload

_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The numbers and the payloads that could be read, each as often as it was; symbols of others aren't among them."""

    numbers: tuple[str, ...]
    payloads: tuple[bytes, ...] = field(repr=False)

    def open(self, *keys: DayKey) -> tuple[str, Content]:
        """The number and what was sealed for it; LabelError where a symbol can't be read or another key is needed."""
        if not self.numbers or not self.payloads:
            raise LabelError("neither number nor payload can be read: take the picture again, straight and in light")
        fits = [(key, one) for one in self.payloads for key in keys if key.sealed(one)] or [(keys[0], self.payloads[0])]
        for number, (key, payload) in product(self.numbers, fits):
            try:
                return number, key.open(number, payload)
            except LabelError as error:
                failed = error
        raise failed


def find_symbols(image: Image.Image) -> Found:
    """The symbols in a grey picture of one label.

    Where one of the kinds isn't found, it is looked for again in a softer picture: white lines of dead dots, one dot
    wide and sharp, mislead a reader more than the same lines as a lens shows them.
    """
    found = _read(image)
    return found if found.numbers and found.payloads else _read(image.filter(ImageFilter.GaussianBlur(1)))


def _read(image: Image.Image) -> Found:
    codes = [one for one in zxingcpp.read_barcodes(image, formats=_FORMATS) if one.valid]
    return Found(
        numbers=tuple(one.text for one in codes if one.format == zxingcpp.BarcodeFormat.Code128),
        payloads=tuple(one.bytes for one in codes if is_payload(one.bytes)),
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
