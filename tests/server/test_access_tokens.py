"""Access tokens: what is signed is read back, and nothing else is."""

import base64
from typing import Any

import jwt
from hypothesis import given
from hypothesis import strategies as st

from tests.server.forging import Forger
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
RING = Ring()
FORGER = Forger(private=RING.ring.key(AccessKey).private, said=SAID)
FORGED = FORGER.forged()


@each("name", FORGED)
def test_what_is_no_token_of_ours_is_none(name: str) -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    assert tokens.verify(FORGED[name], now=NOW_S) is None
    assert tokens.verify(FORGED[name], now=NOW_S) is None


def test_forged_tokens_start_from_a_good_one() -> None:
    assert AccessTokens(RING, issuer=ISSUER).verify(FORGER.made(), now=NOW_S) == CLAIMS


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
    tokens.verify(FORGER.made(), now=NOW_S)
    assert len(tokens._known) == REMEMBERED
