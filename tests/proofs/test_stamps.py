"""Time stamps of RFC 3161, of a service that `openssl ts` is."""

import socket
import threading
from pathlib import Path

import pytest

from tests.proofs import tsa
from tests.tables import each
from wayseal.proofs.errors import StampError, StampFailsError
from wayseal.proofs.stamps import ask_for_stamp, check_url, claimed_stamp, verify_stamp

pytestmark = pytest.mark.needs("openssl")
SEALED = b"3f  bagit.txt\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tsa")
    tsa.make(made)
    return made


@pytest.fixture(scope="module")
def stamp(folder: Path) -> bytes:
    with tsa.serving(folder) as service:
        return ask_for_stamp(service.url, SEALED)


def test_a_stamp_holds_under_the_root_of_its_service_alone(folder: Path, stamp: bytes) -> None:
    root, other = ((folder / name).read_bytes() for name in ("root.pem", "other.pem"))
    held = verify_stamp(stamp, SEALED, [root])
    assert held.by == "Test TSA"
    assert held == claimed_stamp(stamp)
    assert verify_stamp(stamp, SEALED, [other, root]) == held
    for sealed, trusted in ((SEALED + b"x", [root]), (SEALED, [other]), (SEALED, [(folder / "own.pem").read_bytes()])):
        with pytest.raises(StampFailsError):
            verify_stamp(stamp, sealed, trusted)
    with pytest.raises(StampError):
        verify_stamp(b"nothing", SEALED, [root])
    with pytest.raises(StampError):
        verify_stamp(stamp, SEALED, [b"nothing"])


def test_the_service_sees_a_hash_alone(folder: Path) -> None:
    with tsa.serving(folder) as service:
        ask_for_stamp(service.url, SEALED)
        assert SEALED not in service.asked[0]


def test_an_answer_that_is_of_another_request_is_not_kept(folder: Path, stamp: bytes) -> None:
    with tsa.serving(folder, fixed=stamp) as service, pytest.raises(StampError, match="another request"):
        ask_for_stamp(service.url, SEALED)


@each(
    ("fixed", "status", "says"),
    [
        (b"<html>", 200, "no time stamp"),
        (b"", 200, "no time stamp"),
        (b"", 503, "can't be reached"),
        (bytes.fromhex("30053003020102"), 200, "refuses"),
    ],
)
def test_what_a_service_answers_wrongly(folder: Path, fixed: bytes, status: int, says: str) -> None:
    with tsa.serving(folder, fixed=fixed, status=status) as service, pytest.raises(StampError, match=says):
        ask_for_stamp(service.url, SEALED)


def test_what_is_no_http_is_a_service_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:

        def answer() -> None:
            with place.accept()[0] as held:
                held.recv(65_536)
                held.sendall(b"220 mail ready\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(StampError, match="can't be reached"):
            ask_for_stamp(f"http://127.0.0.1:{place.getsockname()[1]}", SEALED)
        thread.join()


def test_a_service_that_is_away() -> None:
    with pytest.raises(StampError, match="can't be reached"):
        ask_for_stamp("http://127.0.0.1:9/", SEALED)


@each("url", ["file:///etc/passwd", "ftp://a", "", "http://a\nb", 7])
def test_an_address_is_one_of_the_web(url: object) -> None:
    with pytest.raises(StampError):
        check_url(url)
