"""Tokens: what stands for a field of a waybill in systems that needn't know the number.

1. A token is the number, encrypted so that the same number always gives the same token (AES-SIV, RFC 5297): no table is
   needed, and nobody without the key can make one, or turn it back.
2. A token is a name, never a right: whoever holds one must still say who asks and why, and be allowed to.
3. A token has one spelling; anything else is refused.

Layout: base64url, without filling, of the key's version (2 bytes) and the sealed number (16 bytes and the number), then
a dot and the code of the field. That code is open: with another code it is the token of another field of the waybill.
"""

import base64
import re

from cryptography.exceptions import InvalidTag

from wayseal.vault.errors import SealError
from wayseal.vault.fields import Field
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import TokenKey

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


def token_of(keyring: Keyring, waybill: str) -> str:
    """The token of a number, by the active key; `field_token` makes it one of a field."""
    if not waybill:
        raise SealError("there is no token of no number")
    key = keyring.key(TokenKey)
    raw = key.version.to_bytes(_VERSION, "big") + key.cipher.encrypt(waybill.encode(), None)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


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
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
            raise SealError("this is no token")
        version = int.from_bytes(raw[:_VERSION], "big")
        return keyring.key(TokenKey, version).cipher.decrypt(raw[_VERSION:], None).decode(), field
    except (InvalidTag, ValueError):
        raise SealError("this is no token") from None
