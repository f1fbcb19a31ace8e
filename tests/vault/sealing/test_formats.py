"""What this version wrote, every later one must read: a keyring and all that was made with it, pinned."""

import base64
import json

from wayseal.model.fields import Field
from wayseal.vault.keyring import Keyring, LocalKeys, Wrapped
from wayseal.vault.keyring.keys import AccessKey, LogKey
from wayseal.vault.sealing import SealedItem, open_parcels, open_reason, read_token, seal_fields, token_of
from wayseal.vault.sealing.phones import phone_tags

PURPOSES = {
    "wrap": "AES-256-GCM-SIV",
    "index": "HMAC-SHA256",
    "token": "AES-256-SIV",
    "reason": "AES-256-GCM-SIV",
    "access": "Ed25519",
    "log": "Ed25519",
    "row": "HMAC-SHA256",
}
KEYRING = {
    "wayseal-keyring": 1,
    "derivation": "HKDF-SHA256",
    "keys": [
        {
            "purpose": purpose,
            "version": 1,
            "algorithm": algorithm,
            "created_at": "2026-09-21T14:13:20Z",
            "active": True,
            "secret": base64.b64encode(bytes([place] * 32)).decode(),
        }
        for place, (purpose, algorithm) in enumerate(PURPOSES.items())
    ],
}
RING = Keyring.from_json(json.dumps(KEYRING).encode())
VALUES = {Field.RECIPIENT_PHONE: "13812345678", Field.GOODS: "手机壳"}
SEALED = bytes.fromhex(
    "575346010100000001000102030405060708090a500001000160d5d451e8293920627ace00eeacb5979b14860e118b4b130a1f6f0fe4cefb5d"
    "ee8c9729ca001161b9996212b762161f2029bd20abff2a9cea6cd595044c0afc"
)
WRAPPED = bytes.fromhex(
    "57534b010172c37b99e27a9c9f8d04bc1a01c294fd957db7cc6756deab7441dfba0985f7ec912577b161e4a5f2c75d28661700c498bc513393"
    "2f321942b3be30df"
)
REASON = bytes.fromhex(
    "57535201010001c815756a66c4918e97a0650f79291d29581ef3b47053d7d505735bc5924424eeddf1aafaec509de7bea19792"
)
TOKEN = "AAEmWCM19b_YjxHGNYpgMoxzz5zq.rp"
TAG = "8ad22a3b16a98dcae7fa8daeb4d5fa5f"
LOG = "log+9e06726b+ATHv8TBGLTeMJ6hwg3F38jklttcM/qm75hHYS7chFP6J"
ACCESS = "17b6c139c13ab442c6e4bb370282274e50802dce84ade7b315a05e024924e0ef"


def test_a_keyring_is_written_as_it_was() -> None:
    assert json.loads(RING.to_json()) == KEYRING


def test_a_record() -> None:
    assert seal_fields("YT1", VALUES, bytes(range(32)), 1, bytes(range(11))) == SEALED
    assert open_parcels(LocalKeys(RING), [SealedItem("YT1", SEALED, Wrapped(1, WRAPPED))]) == [VALUES]


def test_what_stands_for_it() -> None:
    assert token_of(RING, "YT1") + ".rp" == TOKEN
    assert read_token(RING, TOKEN) == ("YT1", Field.RECIPIENT_PHONE)
    assert phone_tags(RING, "13812345678") == [(1, bytes.fromhex(TAG))]
    assert open_reason(RING, b"7", REASON) == "来电"


def test_public_keys() -> None:
    assert str(RING.key(LogKey).verifying("log")) == LOG
    assert RING.key(AccessKey).public.public_bytes_raw().hex() == ACCESS
