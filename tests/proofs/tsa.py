"""A time-stamping service of this machine: certificates of our own, `openssl ts` behind a small web server."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """url: where it answers; root: its certificate; other: one of somebody else; asked: what it was asked."""

    url: str
    root: Path
    other: Path
    asked: list[bytes]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, signing: rsa.RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(signing, hashes.SHA256())


def make(folder: Path) -> None:
    """Keys, certificates and settings of a service, and a root that it has nothing to do with."""
    root, own, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3))
    certificates = {
        "root.pem": _certificate("Test root", root, "Test root", root, ca=True),
        "own.pem": _certificate("Test TSA", own, "Test root", root, ca=False),
        "other.pem": _certificate("Other root", other, "Other root", other, ca=True),
    }
    for name, certificate in certificates.items():
        (folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    (folder / "own.key").write_bytes(secret)
    (folder / "tsa.cnf").write_text(CONFIG, encoding="ascii")
    (folder / "serial").write_text("01\n", encoding="ascii")


def answer(folder: Path, query: bytes) -> bytes:
    """What `openssl ts` says to a request."""
    (folder / "query").write_bytes(query)
    words = ["-config", "tsa.cnf", "-queryfile", "query", "-signer", "own.pem", "-inkey", "own.key", "-out", "answer"]
    subprocess.run(["openssl", "ts", "-reply", *words], cwd=folder, check=True, capture_output=True)
    return (folder / "answer").read_bytes()


@contextmanager
def serving(folder: Path, fixed: bytes | None = None, status: int = 200) -> Iterator[Service]:
    """A service that runs. fixed: what it answers whatever it is asked."""
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            content = answer(folder, asked[-1]) if fixed is None else fixed
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield Service(url=url, root=folder / "root.pem", other=folder / "other.pem", asked=asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
