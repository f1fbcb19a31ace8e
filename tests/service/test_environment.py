"""Secrets are taken out of the environment, and out of what the system shows of it (`service.process`)."""

import ctypes
import os

import pytest

from wayseal.service import forget
from wayseal.service.process import _overwrite


def test_1_nobody_started_from_here_inherits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"SECRET": "a", "OTHER": "b"})
    forget(["SECRET", "NEVER_THERE"])
    assert os.environ == {"OTHER": "b"}
    forget(["SECRET"])
    assert os.environ == {"OTHER": "b"}


def test_2_its_bytes_are_gone_and_no_others() -> None:
    before = b"A=1\0SECRET=abc\0SECRET_TOO=d\0B="
    block = ctypes.create_string_buffer(before)
    _overwrite(ctypes.addressof(block), before, {b"SECRET"})
    assert block.raw == b"A=1\0" + bytes(10) + b"\0SECRET_TOO=d\0B=\0"
