"""A service that really runs, in a process of its own, and certificates for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.effort import DEEP
from tests.server.starting import Started
from tests.server.world import ADMIN, ALL, NOW, ROLES, actors, databases
from wayseal.vault import Vault, new_vault
from wayseal.vault.keyring import Keyring
from wayseal.vault.policy import default_texts

START = """
import os
from wayseal.server.serve import run
from wayseal.server.settings import read_settings
run(read_settings(os.environ))
"""


@dataclass(frozen=True)
class Running:
    """A process that serves. secret: of the client "all"."""

    process: subprocess.Popen[bytes] | Started
    port: int
    secret: str
    log: Path

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def prepared(folder: Path, **client: str | None) -> str:
    """Makes a vault in a folder; the secret of its client "all"."""
    main, keys = databases(folder)
    ring = Keyring.new(NOW)
    ring.save(folder / "ring.json")
    with main, keys:
        new_vault(main, keys, ring, "vault.example", *default_texts(), ADMIN, NOW)
        vault = Vault(main, keys, ring)
        vault.actors(ADMIN, actors(), now=NOW)
        return vault.add_client(
            ADMIN,
            "all",
            scopes=ALL,
            actor="system-1",
            acts_for=ROLES,
            certificate_sha256=client.get("certificate_sha256"),
            now=NOW,
        )


def environment_of(folder: Path, **settings: str) -> dict[str, str]:
    """What a service over the vault in a folder is started with."""
    return {
        **os.environ,
        "WAYSEAL_DATABASE": f"sqlite:///{folder / 'main.db'}",
        "WAYSEAL_KEY_DATABASE": f"sqlite:///{folder / 'keys.db'}",
        "WAYSEAL_KEYRING_FILE": str(folder / "ring.json"),
        "WAYSEAL_PORT": "0",
        **{f"WAYSEAL_{name.upper()}": value for name, value in settings.items()},
    }


@contextmanager
def serving(
    folder: Path, certificate_sha256: str | None = None, *, anew: bool = DEEP, **settings: str
) -> Iterator[Running]:
    """The service over a fresh vault, ready to answer. anew: all its processes are started as in operation."""
    secret = prepared(folder, certificate_sha256=certificate_sha256)
    log = folder / "log"
    environment = environment_of(folder, **settings)
    process = _started(environment, log, anew=anew)
    try:
        yield Running(process, _port(process, log), secret, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _started(environment: dict[str, str], log: Path, *, anew: bool) -> subprocess.Popen[bytes] | Started:
    with log.open("wb") as errors:
        if anew:
            return subprocess.Popen([sys.executable, "-c", START], env=environment, stderr=errors)
    return Started(environment, log)


def _port(process: subprocess.Popen[bytes] | Started, log: Path) -> int:
    """Where it listens, as its log says."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        for line in log.read_text().splitlines():
            if not line.endswith("}"):
                break
            told = json.loads(line)
            if told["event"] == "serving":
                return int(told["port"])
        time.sleep(0.02)
    raise AssertionError(log.read_text())


@dataclass(frozen=True)
class Authority:
    """A certificate authority with what it signed, as files."""

    folder: Path
    name: str
    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.pem"

    def sign(self, name: str) -> tuple[Path, Path, str]:
        """(certificate, key, SHA-256 of the certificate) for a name."""
        key = generate_private_key(SECP256R1())
        certificate = _certificate(name, key, self.name, self.key, ca=False)
        place, key_place = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        place.write_bytes(certificate.public_bytes(Encoding.PEM))
        key_place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return place, key_place, certificate.fingerprint(SHA256()).hex()


def authority(folder: Path, name: str) -> Authority:
    """A new authority."""
    key = generate_private_key(SECP256R1())
    made = Authority(folder, name, key, _certificate(name, key, name, key, ca=True))
    made.file.write_bytes(made.certificate.public_bytes(Encoding.PEM))
    return made


def _certificate(
    subject: str, key: EllipticCurvePrivateKey, issuer: str, signer: EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (subject, issuer)]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, SHA256())
    )
