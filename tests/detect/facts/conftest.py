"""What several tests of facts watch."""

from typing import Any

import pytest

from wayseal.detect import facts


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each count, whether it was of what came since only."""
    out: list[bool] = []
    count = facts._count_facts

    def spied(snapshot: Any, ground: Any, old: Any, progress: Any) -> Any:
        out.append(old is not None)
        return count(snapshot, ground, old, progress)

    monkeypatch.setattr(facts, "_count_facts", spied)
    return out
