"""Labels of nobody, and what printers are sent, read back as dots."""

import re
from datetime import date
from typing import Any

import numpy as np

from tests.vault.world import SECRETS
from wayseal.model.fields import Field, Form
from wayseal.model.records import Disclosed
from wayseal.model.times import time_at
from wayseal.vault.keyring import Keyring
from wayseal.vault.labels import LabelData, Party, day_key, label_of

RING = Keyring.new(0)
DAY = date(2026, 3, 2)
KEY = day_key(RING, "深圳南山", DAY)
NUMBER = "YT1234567890123"
PRINTED = "2026-03-02 14:05"
DOOR = "5号软件大厦12楼1203室"


def shown(waybill: str = NUMBER, **values: str) -> Disclosed:
    said = {**SECRETS, **{Field(name): text for name, text in values.items()}}
    return Disclosed(
        waybill=waybill, values=said, forms=dict.fromkeys(said, Form.FULL), until=time_at(0), seq=0, leaf=""
    )


def label(waybill: str = NUMBER, *, route: str = "755-南山A-03", alias: str = "小林", **values: str) -> LabelData:
    return label_of(shown(waybill, **values), KEY, printed=PRINTED, route=route, alias=alias)


def plain(**changed: Any) -> LabelData:
    """A label of texts, not of a disclosure."""
    said: dict[str, Any] = {
        "waybill": NUMBER,
        "recipient": Party(name="李**", phone="139******21", address="广东省深圳市南山区科技园路***"),
        "route": "755",
        "outlet": "深圳南山",
        "printed": PRINTED,
        "payload": bytes(84),
    }
    return LabelData(**{**said, **changed})


def grey(dots: Any) -> Any:
    return np.where(dots, 0, 255).astype(np.uint8)


def tspl_dots(raw: bytes) -> Any:
    """The dots of the one `BITMAP`."""
    found = re.search(rb"SIZE (\d+) mm,(\d+) mm\r\n.*\r\nBITMAP 0,0,(\d+),(\d+),0,", raw, re.DOTALL)
    assert found is not None
    mm_wide, mm_high, across, high = map(int, found.groups())
    assert (mm_wide * 8, mm_high * 8) == (across * 8, high)
    size = across * high
    assert raw[found.end() + size :] == b"\r\nPRINT 1\r\n"
    bits = np.frombuffer(raw, np.uint8, size, found.end()).reshape(high, across)
    return np.unpackbits(bits, axis=1) == 0


def cpcl_dots(raw: bytes) -> Any:
    """The dots of the one `EG`."""
    found = re.fullmatch(
        rb"! 0 200 200 (\d+) 1\r\nPAGE-WIDTH (\d+)\r\nEG (\d+) (\d+) 0 0 ([0-9A-F]+)\r\nFORM\r\nPRINT\r\n", raw
    )
    assert found is not None
    high, wide, across, rows = map(int, found.groups()[:4])
    assert (wide, high) == (across * 8, rows)
    bits = np.frombuffer(bytes.fromhex(found[5].decode()), np.uint8).reshape(rows, across)
    return np.unpackbits(bits, axis=1) == 1
