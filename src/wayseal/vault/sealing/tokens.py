"""Tokens: what stands for a field of a waybill in systems that needn't know the number.

1. A token is the number, encrypted so that the same number always gives the same token (AES-SIV, RFC 5297): no table is
   needed, and nobody without the key can make one, or turn it back.
2. A token is a name, never a right: whoever holds one must still say who asks and why, and be allowed to.
3. A token has one spelling; anything else is refused.

Layout: base64url, without filling, of the key's version (2 bytes) and the sealed number (16 bytes and the number), then
a dot and the code of the field. That code is open: with another code it is the token of another field of the waybill.
"""

import re
from binascii import a2b_base64, b2a_base64

from cryptography.exceptions import InvalidTag

from wayseal.model.fields import Field
from wayseal.vault.errors import SealError
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import TokenKey
from wayseal.vault.sealing._fields import number_bytes

CODES: dict[Field, str] = {
    Field.SENDER_NAME: "sn",
    Field.SENDER_PHONE: "sp",
    Field.SENDER_ADDRESS: "sa",
    Field.RECIPIENT_NAME: "rn",
    Field.RECIPIENT_PHONE: "rp",
    Field.RECIPIENT_ADDRESS: "ra",
    Field.GOODS: "g",
}
"""Codes of the fields in tokens: never to be changed, only added to."""
_FIELDS = {code: field for field, code in CODES.items()}
_SHAPE = re.compile("([A-Za-z0-9_-]{26,400})\\.([a-z]{1,2})")
_VERSION = 2
_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


def token_of(keyring: Keyring, waybill: str) -> str:
    """The token of a number, by the active key; `field_token` makes it one of a field."""
    if not waybill:
        raise SealError("there is no token of no number")
    key = keyring.key(TokenKey)
    raw = key.version.to_bytes(_VERSION, "big") + key.cipher.encrypt(number_bytes(waybill), None)
    return _spelled(raw)


def field_token(base: str, field: Field) -> str:
    """The token of a field. base: what `token_of` gave."""
    return f"{base}.{CODES[field]}"


def read_token(keyring: Keyring, token: str) -> tuple[str, Field]:
    """Number and field of a token.

    SealError where it wasn't made with one of these keys (rule 3); KeyringError where its key isn't there any more.
    """
    found = _SHAPE.fullmatch(token)
    field = _FIELDS.get(found[2]) if found else None
    if found is None or field is None:
        raise SealError("this is no token")
    text = found[1]
    try:
        raw = a2b_base64(text.encode().translate(_FROM_URL) + b"=" * (-len(text) % 4))
        if _spelled(raw) != text:
            raise SealError("this is no token")
        version = int.from_bytes(raw[:_VERSION], "big")
        return keyring.key(TokenKey, version).cipher.decrypt(raw[_VERSION:], None).decode(
            "utf-8", "surrogatepass"
        ), field
    except (InvalidTag, ValueError):
        raise SealError("this is no token") from None


def _spelled(raw: bytes) -> str:
    """base64url without filling."""
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode()
