"""Sessions: they end, they are few, and nothing that lies in memory opens a box."""

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wayseal.portal import _sessions
from wayseal.portal._sessions import Sessions

BOX = bytes(range(16))


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_token_finds_its_box_and_no_other_does(clock: Clock) -> None:
    private = X25519PrivateKey.generate()
    sessions = Sessions(900, clock)
    session = sessions.begin(BOX, private)
    found = sessions.find(session.token)
    assert found is not None
    assert (found.box, found.private.private_bytes_raw()) == (BOX, private.private_bytes_raw())
    assert list(found.keys) == list(session.keys)
    for token in (
        "",
        "x",
        session.token[:-1],
        session.token + "A",
        "\udcff",
        Sessions(900, clock).begin(BOX, private).token,
    ):
        assert sessions.find(token) is None


def test_use_keeps_it_open_and_idleness_ends_it(clock: Clock) -> None:
    sessions = Sessions(900, clock)
    token = sessions.begin(BOX, X25519PrivateKey.generate()).token
    for _ in range(5):
        clock.at += 899
        assert sessions.find(token) is not None
    clock.at += 900
    assert sessions.find(token) is None
    clock.at -= 900
    assert sessions.find(token) is None


def test_who_left_is_out(clock: Clock) -> None:
    sessions = Sessions(900, clock)
    token = sessions.begin(BOX, X25519PrivateKey.generate()).token
    sessions.end(token)
    assert sessions.find(token) is None


def test_of_too_many_the_one_goes_that_nobody_used_for_longest(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sessions, "_MOST", 20)
    sessions, private = Sessions(900, clock), X25519PrivateKey.generate()
    tokens = [sessions.begin(BOX, private).token for _ in range(20)]
    assert sessions.find(tokens[0]) is not None
    tokens += [sessions.begin(BOX, private).token for _ in range(10)]
    assert [sessions.find(one) is not None for one in tokens] == [True, *[False] * 10, *[True] * 19]
    assert len(sessions._open) == 20


def test_what_lies_in_memory_opens_nothing(clock: Clock) -> None:
    private = X25519PrivateKey.generate()
    sessions = Sessions(900, clock)
    session = sessions.begin(BOX, private)
    memory = pickle.dumps(sessions._open)
    for secret in (private.private_bytes_raw(), BOX, session.token.encode()):
        assert secret not in memory
    assert "token" not in repr(session)
