"""A small witness that really answers (C2SP tlog-witness), on loopback, for one log."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wayseal.merkle import Checkpoint, MerkleError, VerifyKey, verify_consistency

NAME = "witness.example/w1"
SECONDS = 1_772_323_200


def witness_key(seed: bytes = bytes(32), name: str = NAME) -> VerifyKey:
    """The public key of a witness."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return VerifyKey(name=name, public=public, witness=True)


def cosignature(note: str, seed: bytes = bytes(32), name: str = NAME, at: int = SECONDS) -> str:
    """The line by which a witness cosigns a note (C2SP tlog-cosignature)."""
    text = note.rpartition("\n\n")[0] + "\n"
    signed = Ed25519PrivateKey.from_private_bytes(seed).sign(f"cosignature/v1\ntime {at}\n{text}".encode())
    raw = bytes.fromhex(witness_key(seed, name).id) + at.to_bytes(8, "big") + signed
    return f"\u2014 {name} {base64.b64encode(raw).decode()}\n"


class SmallWitness:
    """What it knows: a log's key (None: of no log), and size and root that it cosigned last.

    asked: bodies; statuses: of its answers; instead: what it answers whatever it is asked; holds: it waits for this.
    """

    def __init__(self, log: VerifyKey | None, seed: bytes = bytes(32)) -> None:
        self.log, self.seed = log, seed
        self.size, self.root = 0, b""
        self.asked: list[bytes] = []
        self.statuses: list[int] = []
        self.instead: tuple[int, bytes] | None = None
        self.holds: threading.Event | None = None
        self.url = ""

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Status and content."""
        if self.holds is not None:
            self.holds.wait()
        self.asked.append(body)
        status, content = self.instead or self._judge(body)
        self.statuses.append(status)
        return status, content

    def _judge(self, body: bytes) -> tuple[int, bytes]:
        head, _, note = body.partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        old = int(first.removeprefix("old "))
        path = [base64.b64decode(line, validate=True) for line in proof]
        try:
            point, _ = Checkpoint.open(note, [] if self.log is None else [self.log])
        except MerkleError:
            return 403, b""
        if point.origin != getattr(self.log, "name", None):
            return 404, b""
        if old > point.size:
            return 400, b""
        if old != self.size or (old == point.size and point.root != self.root):
            return 409, f"{self.size}\n".encode()
        if path if old == 0 else not verify_consistency(old, self.root, point.size, point.root, path):
            return 422, b""
        self.size, self.root = point.size, point.root
        return 200, cosignature(note.decode(), self.seed).encode()


@contextmanager
def witnessing(log: VerifyKey | None, seed: bytes = bytes(32)) -> Iterator[SmallWitness]:
    """A witness that listens."""
    witness = SmallWitness(log, seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = witness.answer(body) if self.path == "/w1/add-checkpoint" else (404, b"")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        witness.url = f"http://127.0.0.1:{server.server_port}/w1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield witness
        finally:
            if witness.holds is not None:
                witness.holds.set()
            server.shutdown()
            thread.join()
