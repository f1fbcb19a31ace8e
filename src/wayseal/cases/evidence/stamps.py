"""Time stamps of RFC 3161 on a pack: somebody else says that its seal existed at a time.

1. What is stamped is `tagmanifest-sha256.txt`, which stands for everything in the pack. The stamp lies beside the pack
   (`PACK.zip.tsr`), so that a pack is never changed once it was made.
2. A service that can't be reached stops nothing: the wish is kept beside the pack (`PACK.zip.stamp.json`), and is
   fulfilled later. A stamp then proves that later time, not that of the pack.
3. A stamp counts only as checked against a certificate that somebody trusts. An answer of the service is checked to be
   of this pack and this request before it is kept.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from wayseal.cases.evidence.errors import StampError, StampFailsError
from wayseal.cases.evidence.findings import Stamped
from wayseal.model.times import iso, micros_of
from wayseal.store.durable import replace_file

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

MOST_ANSWER = 1 << 20
PATIENCE = 20.0
"""Seconds that a service has for its answer."""
_ASK, _ANSWER = "application/timestamp-query", "application/timestamp-reply"
_GRANTED = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampWish:
    """A stamp that is to be had. url: of the service; seal: of the pack; at: when it was wished (µs)."""

    url: str
    seal: str
    at: int


def stamp_path(pack: Path) -> Path:
    """Where a pack's stamp lies (rule 1)."""
    return pack.with_name(pack.name + ".tsr")


def wish_path(pack: Path) -> Path:
    """Where a wish for one lies (rule 2)."""
    return pack.with_name(pack.name + ".stamp.json")


def keep_wish(pack: Path, wish: StampWish) -> None:
    """Writes a wish down."""
    content = {"wayseal_stamp_wish": 1, "url": wish.url, "seal": wish.seal, "wished_at": iso(wish.at)}
    replace_file(wish_path(pack), (json.dumps(content, indent=1) + "\n").encode())


def read_wish(pack: Path) -> str | None:
    """The service of a wish that waits; None for none. StampError: the file is something else."""
    try:
        found = json.loads(wish_path(pack).read_text(encoding="utf-8"))
        url = found["url"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise StampError("this is no wish for a time stamp", file=wish_path(pack)) from None
    return check_url(url)


def check_url(url: Any) -> str:
    """The address of a service. StampError: it is none."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not url.isprintable():
        raise StampError("the address of a time-stamping service begins with http:// or https://")
    return url


def ask_for_stamp(url: str, sealed: bytes) -> bytes:
    """A stamp on `tagmanifest-sha256.txt`, as the service's answer in DER (rule 3).

    Raises:
        StampError: The service can't be reached, refuses, or answers something else.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

    asked = TimestampRequestBuilder().data(sealed).hash_algorithm(HashAlgorithm.SHA256).build()
    request = urllib.request.Request(  # noqa: S310 (check_url)
        check_url(url), data=asked.as_bytes(), headers={"Content-Type": _ASK, "Accept": _ANSWER}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answered:  # noqa: S310 (check_url)
            content = bytes(answered.read(MOST_ANSWER))
    except (urllib.error.URLError, HTTPException, OSError, ValueError):
        raise StampError("the time-stamping service can't be reached") from None
    try:
        answer = decode_timestamp_response(content)
    except ValueError:
        raise StampError("the time-stamping service answers something that is no time stamp") from None
    _check_answer(answer, asked)
    return content


def have_stamped(pack: Path, url: str, sealed: bytes) -> Stamped:
    """Asks for a stamp and keeps it beside the pack (rule 1); a wish for one is fulfilled then.

    Args:
        pack: Where the pack lies.
        url: Of the service.
        sealed: Its `tagmanifest-sha256.txt`.

    Returns:
        What the stamp says, unchecked.

    Raises:
        StampError: As `ask_for_stamp`.
    """
    answer = ask_for_stamp(url, sealed)
    replace_file(stamp_path(pack), answer)
    wish_path(pack).unlink(missing_ok=True)
    return claimed_stamp(answer)


def _check_answer(answer: "TimeStampResponse", asked: "TimeStampRequest") -> None:
    if int(answer.status) not in _GRANTED:
        raise StampError("the time-stamping service refuses")
    said = answer.tst_info
    if said.message_imprint.message != asked.message_imprint.message or said.nonce != asked.nonce:
        raise StampError("the time-stamping service answers another request")


def verify_stamp(stamp: bytes, sealed: bytes, certificates: Sequence[bytes]) -> Stamped:
    """Checks a stamp on `tagmanifest-sha256.txt`.

    Args:
        stamp: The answer of the service, in DER.
        sealed: The file that it is on.
        certificates: What is trusted, in PEM: the root of the service, and what lies between, where it doesn't say.

    Returns:
        The time, and whose stamp it is.

    Raises:
        StampError: This is no stamp, or no certificate.
        StampFailsError: It doesn't hold.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        answer = decode_timestamp_response(stamp)
        said = answer.tst_info
    except ValueError:
        raise StampError("this is no time stamp") from None
    builder = VerifierBuilder()
    for certificate in _certificates(certificates):
        builder = (
            builder.add_root_certificate(certificate)
            if certificate.subject == certificate.issuer
            else builder.add_intermediate_certificate(certificate)
        )
    try:
        builder.build().verify_message(answer, sealed)
    except (VerificationError, ValueError):
        raise StampFailsError(
            "the time stamp doesn't hold: of other content, or signed by nobody who is trusted"
        ) from None
    return Stamped(at=micros_of(said.gen_time), by=_signer(answer))


def claimed_stamp(stamp: bytes) -> Stamped:
    """What a stamp says, unchecked."""
    from rfc3161_client import decode_timestamp_response

    answer = decode_timestamp_response(stamp)
    return Stamped(at=micros_of(answer.tst_info.gen_time), by=_signer(answer))


def _certificates(contents: Sequence[bytes]) -> list[x509.Certificate]:
    found = []
    for content in contents:
        try:
            found += x509.load_pem_x509_certificates(content)
        except ValueError:
            raise StampError("this is no certificate in PEM") from None
    return found


def _signer(answer: "TimeStampResponse") -> str:
    """The name of whoever signed, by the certificate in the stamp; its number where it holds none."""
    signer = next(iter(answer.signed_data.signer_infos))
    for content in answer.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(content)
        if (certificate.serial_number, certificate.issuer) == (signer.serial_number, signer.issuer):
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return str(names[0].value) if names else certificate.subject.rfc4514_string()
    return f"{signer.serial_number:x}"
