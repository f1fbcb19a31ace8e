"""Access tokens: what is signed is read back, and nothing else is."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.server.world import ISSUER, NOW, Ring
from tests.tables import each
from wayseal.server._access_tokens import AUDIENCE, LASTS, REMEMBERED, AccessTokens, Claims
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.keyring.keys import AccessKey

NOW_S = 1_700_000_000
CLAIMS = Claims(client="c1", actor="a1", scopes=frozenset({"seal", "log"}), expires=NOW_S + LASTS)
SAID: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "iat": NOW_S,
    "exp": NOW_S + LASTS,
    "client_id": "c1",
    "sub": "a1",
    "scope": "log seal",
    "act": {"sub": "c1"},
}
HEAD = {"kid": "access-1", "typ": "at+jwt"}
RING = Ring()
PRIVATE = RING.ring.key(AccessKey).private
PUBLIC = PRIVATE.public_key()
OTHER = Ed25519PrivateKey.generate()


def made(head: dict[str, Any] = HEAD, key: Ed25519PrivateKey = PRIVATE, **said: Any) -> str:
    claims = {name: value for name, value in {**SAID, **said}.items() if value is not None}
    return jwt.encode(claims, key, algorithm="EdDSA", headers=head)


def by_hand(head: dict[str, Any], secret: bytes | None) -> str:
    """A token that no library would make."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"typ": "at+jwt", **head}, SAID)
    ]
    signature = b"" if secret is None else hmac.digest(secret, b".".join(parts), hashlib.sha256)
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def tampered(place: int) -> str:
    """A good token with one character changed in its header, claims or signature."""
    parts = made().split(".")
    text = parts[place]
    parts[place] = text[:10] + ("A" if text[10] != "A" else "B") + text[11:]
    return ".".join(parts)


RAW = PUBLIC.public_bytes(Encoding.Raw, PublicFormat.Raw)
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
ATTACKS = {
    "empty": "",
    "one part": "abc",
    "four parts": made() + ".x",
    "too long": "a" * 5000,
    "not ASCII": made()[:-1] + "é",
    "alg none": by_hand({"kid": "access-1", "alg": "none"}, None),
    "alg None": by_hand({"kid": "access-1", "alg": "None"}, None),
    "HS256 with the public key, raw": by_hand({"kid": "access-1", "alg": "HS256"}, RAW),
    "HS256 with the public key, PEM": by_hand({"kid": "access-1", "alg": "HS256"}, PEM),
    "EdDSA said, HMAC done": by_hand({"kid": "access-1", "alg": "EdDSA"}, RAW),
    "key in the header": jwt.encode(
        SAID, OTHER, algorithm="EdDSA", headers={**HEAD, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}}
    ),
    "another key": made(key=OTHER),
    "unknown kid": made({**HEAD, "kid": "access-9"}),
    "kid is a path": made({**HEAD, "kid": "../../dev/null"}),
    "kid is a list": by_hand({"kid": ["access-1"], "alg": "EdDSA"}, RAW),
    "no kid": made({"typ": "at+jwt"}),
    "another type": made({**HEAD, "typ": "JWT"}),
    "unknown crit": made({**HEAD, "crit": ["x"], "x": 1}),
    "tampered header": tampered(0),
    "tampered claims": tampered(1),
    "tampered signature": tampered(2),
    "no signature": made().rsplit(".", 1)[0] + ".",
    "expired": made(exp=NOW_S),
    "expires as text": made(exp="soon"),
    "no end": made(exp=None),
    "lasts longer than ours do": made(exp=NOW_S + LASTS + 60),
    "another audience": made(aud="other"),
    "no audience": made(aud=None),
    "another issuer": made(iss="https://evil.example"),
    "no issuer": made(iss=None),
    "no actor": made(sub=None),
    "empty actor": made(sub=""),
    "actor is a number": made(sub=7),
    "actor too long": made(sub="a" * 129),
    "another's name without an act": made(act=None),
    "no client": made(client_id=None),
    "client is a list": made(client_id=["c1"]),
    "no scope": made(scope=None),
    "scope is a list": made(scope=["seal"]),
    "not valid yet": made(nbf=NOW_S + 1),
    "begins as text": made(nbf="now"),
    "bound to nothing": made(cnf={}),
    "bound to a number": made(cnf={"x5t#S256": 5}),
    "bound to text": made(cnf="x"),
    "bound to no base64": made(cnf={"x5t#S256": "é"}),
}


@each("name", ATTACKS)
def test_what_is_no_token_of_ours_is_none(name: str) -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    assert tokens.verify(ATTACKS[name], now=NOW_S) is None
    assert tokens.verify(ATTACKS[name], now=NOW_S) is None


def test_the_attacks_start_from_a_good_token() -> None:
    assert AccessTokens(RING, issuer=ISSUER).verify(made(), now=NOW_S) == CLAIMS


@given(
    st.builds(
        Claims,
        client=st.text(min_size=1, max_size=128),
        actor=st.none() | st.text(min_size=1, max_size=128),
        scopes=st.frozensets(st.sampled_from(["seal", "log", "policy:read"])),
        expires=st.integers(NOW_S + 1, NOW_S + LASTS),
        certificate=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    )
)
def test_what_is_issued_is_read_back(claims: Claims) -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    token = tokens.issue(claims, now=NOW_S)
    assert tokens.verify(token, now=NOW_S) == claims
    assert tokens.verify(token, now=claims.expires - 1) == claims
    assert tokens.verify(token, now=claims.expires) is None


@given(
    st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.")
)
def test_no_text_breaks_verification(text: str) -> None:
    assert AccessTokens(RING, issuer=ISSUER).verify(text, now=NOW_S) is None


def test_a_rotated_key_verifies_until_it_is_retired() -> None:
    ring = Ring()
    tokens = AccessTokens(ring, issuer=ISSUER)
    first = tokens.issue(CLAIMS, now=NOW_S)
    ring.ring = ring.ring.rotate(KeyPurpose.ACCESS, NOW)
    second = tokens.issue(CLAIMS, now=NOW_S)
    assert [jwt.get_unverified_header(token)["kid"] for token in (first, second)] == ["access-1", "access-2"]
    assert tokens.verify(first, now=NOW_S) == tokens.verify(second, now=NOW_S) == CLAIMS
    assert [key["kid"] for key in tokens.jwks()["keys"]] == ["access-1", "access-2"]
    ring.ring = ring.ring.retire(KeyPurpose.ACCESS, 1)
    # Even though it was verified before (rule 3).
    assert tokens.verify(first, now=NOW_S) is None
    assert tokens.verify(second, now=NOW_S) == CLAIMS
    assert [key["kid"] for key in tokens.jwks()["keys"]] == ["access-2"]


def test_the_published_keys_verify_and_hold_no_secret() -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    (key,) = tokens.jwks()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x"}
    said = jwt.decode(
        tokens.issue(CLAIMS, now=NOW_S),
        jwt.PyJWK(key).key,
        algorithms=["EdDSA"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"verify_exp": False},
    )
    assert said["act"] == {"sub": "c1"}


def test_only_so_many_are_remembered() -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    tokens.jwks()
    tokens._known.update((str(n).encode(), CLAIMS) for n in range(REMEMBERED))
    tokens.verify(made(), now=NOW_S)
    assert len(tokens._known) == REMEMBERED
