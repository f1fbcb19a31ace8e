"""Whoever changes the record by hand is found."""

import pytest

from tests.numbers.world import Desk
from wayseal.database import execute
from wayseal.numbers.rules import MoveKind
from wayseal.numbers.verify import Fault, verify


def lived(desk: Desk) -> list[str]:
    some = desk.issue(4)
    for one in some[:3]:
        desk.bind(one)
        desk.scan(one)
    desk.move(some[0], MoveKind.CLOSE)
    desk.numbers.burn(desk.now)
    desk.issue(2, outlet="SH-1")
    return some


def faults(desk: Desk) -> set[str]:
    return {one.code.value for one in desk.numbers.database.read(verify, desk.numbers)}


def test_what_was_done_verifies(both: Desk) -> None:
    lived(both)
    assert faults(both) == set()


LAST = "(SELECT MAX(batch) FROM batches)"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE number_events SET at = at + 1 WHERE seq = 4", {Fault.BATCH}),
        ("UPDATE number_events SET facts = NULL WHERE move = 'bind'", {Fault.BATCH, Fault.STATE}),
        ("DELETE FROM number_events WHERE seq = 12", {Fault.BATCH, Fault.STATE, Fault.EVENTS}),
        (f"DELETE FROM batches WHERE batch = {LAST}", {Fault.EVENTS, Fault.STATE}),
        ("DELETE FROM batches WHERE batch = 3", {Fault.BATCH, Fault.STATE, Fault.EVENTS}),
        ("UPDATE batches SET digest = previous WHERE batch = 2", {Fault.BATCH}),
        ("UPDATE numbers SET state = 'bound' WHERE state = 'closed'", {Fault.STATE}),
        ("UPDATE numbers SET order_tag = NULL WHERE state = 'closed'", {Fault.STATE}),
        ("UPDATE numbers SET scanned_at = 1 WHERE state = 'closed'", {Fault.STATE}),
        ("UPDATE numbers SET verifier = x'00' WHERE state = 'closed'", {Fault.STATE}),
        ("DELETE FROM numbers WHERE state = 'closed'", {Fault.STATE}),
        ("UPDATE blocks SET holder = 'thief' WHERE holder = 'shop'", {Fault.BLOCK}),
        ("UPDATE blocks SET size = size + 1 WHERE block = 2", {Fault.BLOCK}),
    ],
)
def test_what_was_changed_is_found(one: Desk, statement: str, found: set[Fault]) -> None:
    lived(one)
    one.numbers.database.write(execute, statement, [()])
    told = faults(one)
    assert told
    assert told <= {fault.value for fault in found}
