"""Time stamps of RFC 3161 on some content: somebody else says that it existed at a time.

1. The service sees a hash, and nothing else of what it stamps.
2. An answer of the service is checked to be of this content and this request before it is given back.
3. A stamp counts only as checked against a certificate that somebody trusts.
4. What reads ASN.1 is a part of extras (`console`, `market`), and is loaded when a stamp is had or read.
"""

import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from wayseal.model.times import micros_of
from wayseal.proofs.errors import StampError, StampFailsError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

MOST_ANSWER = 1 << 20
PATIENCE = 20.0
"""Seconds that a service has for its answer."""
_ASK, _ANSWER = "application/timestamp-query", "application/timestamp-reply"
_GRANTED = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A time stamp: what time it says (µs), and whose it is."""

    at: int
    by: str


def check_url(url: Any) -> str:
    """The address of a service. StampError: it is none."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not url.isprintable():
        raise StampError("the address of a time-stamping service begins with http:// or https://")
    return url


def ask_for_stamp(url: str, sealed: bytes) -> bytes:
    """A stamp on some content, as the service's answer in DER (rules 1 and 2).

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


def _check_answer(answer: "TimeStampResponse", asked: "TimeStampRequest") -> None:
    if int(answer.status) not in _GRANTED:
        raise StampError("the time-stamping service refuses")
    said = answer.tst_info
    if said.message_imprint.message != asked.message_imprint.message or said.nonce != asked.nonce:
        raise StampError("the time-stamping service answers another request")


def verify_stamp(stamp: bytes, sealed: bytes, certificates: Sequence[bytes]) -> Stamped:
    """Checks a stamp (rule 3).

    Args:
        stamp: The answer of the service, in DER.
        sealed: The content that it is on.
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
    """Read a stamp, unchecked."""
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
