"""Detecting and tracing the same twice: done once, where a test is about what is made of the result."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from wayseal.detect import Options
from wayseal.ledger import Snapshot

PLACES = ("wayseal.cases.ledger.detection.detect", "wayseal.cli.trace.run")
"""By which names the commands call them."""
SEEN: dict[bytes, Any] = {}
"""What was found by tests of this process."""


@contextmanager
def looking_once(seen: dict[bytes, Any]) -> Iterator[None]:
    """Commands of this process look at the same ledger, told the same, once.

    What is counted on the way isn't kept in the ledger again, as it was kept when it was first looked at.
    """
    with pytest.MonkeyPatch.context() as patch:
        for place in PLACES:
            name, _, attribute = place.rpartition(".")
            run = getattr(__import__(name, fromlist=[attribute]), attribute)
            patch.setattr(place, partial(_remembered, run, seen))
        yield


def _remembered(run: Callable[..., Any], seen: dict[bytes, Any], snapshot: Snapshot, *given: Any, **more: Any) -> Any:
    kept = [bool(one.folder) for one in given if isinstance(one, Options)]
    told = [replace(one, folder=None) if isinstance(one, Options) else one for one in given[:2]], kept
    key = pickle.dumps((run.__module__, snapshot.path.name, snapshot.digest, told, more.get("seed")))
    if key not in seen:
        seen[key] = run(snapshot, *given, **more)
    return seen[key]
