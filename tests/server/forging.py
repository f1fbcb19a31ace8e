"""Access tokens as the service makes them, and such as it never made."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wayseal.server._access_tokens import LASTS

HEAD = {"kid": "access-1", "typ": "at+jwt"}
_OTHER = Ed25519PrivateKey.generate()


@dataclass(frozen=True, kw_only=True)
class Forger:
    """Knows all that a token says, and what it is signed with. said: the claims of a good one."""

    private: Ed25519PrivateKey
    said: dict[str, Any]

    def made(self, head: dict[str, Any] = HEAD, key: Ed25519PrivateKey | None = None, **said: Any) -> str:
        """A token of a library; a claim of None is left out."""
        claims = {name: value for name, value in {**self.said, **said}.items() if value is not None}
        return jwt.encode(claims, key or self.private, algorithm="EdDSA", headers=head)

    def by_hand(self, head: dict[str, Any], secret: bytes | None) -> str:
        """A token that no library would make."""
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({"typ": "at+jwt", **head}, self.said)
        ]
        signature = b"" if secret is None else hmac.digest(secret, b".".join(parts), hashlib.sha256)
        return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()

    def tampered(self, place: int) -> str:
        """A good token with one character changed in its header, claims or signature."""
        parts = self.made().split(".")
        text = parts[place]
        parts[place] = text[:10] + ("A" if text[10] != "A" else "B") + text[11:]
        return ".".join(parts)

    def forged(self) -> dict[str, str]:
        """Tokens by what is wrong with each, none of which may count."""
        now: int = self.said["iat"]
        public = self.private.public_key()
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {
            "empty": "",
            "one part": "abc",
            "four parts": self.made() + ".x",
            "too long": "a" * 5000,
            "not ASCII": self.made()[:-1] + "é",
            "alg none": self.by_hand({"kid": "access-1", "alg": "none"}, None),
            "alg None": self.by_hand({"kid": "access-1", "alg": "None"}, None),
            "HS256 with the public key, raw": self.by_hand({"kid": "access-1", "alg": "HS256"}, raw),
            "HS256 with the public key, PEM": self.by_hand({"kid": "access-1", "alg": "HS256"}, pem),
            "EdDSA said, HMAC done": self.by_hand({"kid": "access-1", "alg": "EdDSA"}, raw),
            "key in the header": jwt.encode(
                self.said,
                _OTHER,
                algorithm="EdDSA",
                headers={**HEAD, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}},
            ),
            "another key": self.made(key=_OTHER),
            "unknown kid": self.made({**HEAD, "kid": "access-9"}),
            "kid is a path": self.made({**HEAD, "kid": "../../dev/null"}),
            "kid is a list": self.by_hand({"kid": ["access-1"], "alg": "EdDSA"}, raw),
            "no kid": self.made({"typ": "at+jwt"}),
            "another type": self.made({**HEAD, "typ": "JWT"}),
            "unknown crit": self.made({**HEAD, "crit": ["x"], "x": 1}),
            "tampered header": self.tampered(0),
            "tampered claims": self.tampered(1),
            "tampered signature": self.tampered(2),
            "no signature": self.made().rsplit(".", 1)[0] + ".",
            "expired": self.made(exp=now),
            "expires as text": self.made(exp="soon"),
            "no end": self.made(exp=None),
            "lasts longer than ours do": self.made(exp=now + LASTS + 60),
            "another audience": self.made(aud="other"),
            "no audience": self.made(aud=None),
            "another issuer": self.made(iss="https://evil.example"),
            "no issuer": self.made(iss=None),
            "no actor": self.made(sub=None),
            "empty actor": self.made(sub=""),
            "actor is a number": self.made(sub=7),
            "actor too long": self.made(sub="a" * 129),
            "another's name without an act": self.made(act=None),
            "no client": self.made(client_id=None),
            "client is a list": self.made(client_id=["c1"]),
            "no scope": self.made(scope=None),
            "scope is a list": self.made(scope=["seal"]),
            "not valid yet": self.made(nbf=now + 60),
            "begins as text": self.made(nbf="now"),
            "bound to nothing": self.made(cnf={}),
            "bound to a number": self.made(cnf={"x5t#S256": 5}),
            "bound to text": self.made(cnf="x"),
            "bound to no base64": self.made(cnf={"x5t#S256": "é"}),
        }
