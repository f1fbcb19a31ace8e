"""The tables of access, as `console.serve` has them made."""

import sqlalchemy as sa

METADATA = sa.MetaData()
_ID, _DIGEST = sa.String(32), sa.String(64)

people = sa.Table(
    "people",
    METADATA,
    sa.Column("person", _ID, primary_key=True),
    sa.Column("login", sa.String(64), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("password", sa.String(200)),
    sa.Column("totp", sa.LargeBinary),
    sa.Column("totp_next", sa.LargeBinary),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("lang", sa.String(5)),
    sa.Column("theme", sa.String(5)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("way", sa.String(10), nullable=False, server_default="password"),
    sa.Column("identity_hmac", _DIGEST),
    sa.Column("outlet", sa.String(64)),
    sa.Column("totp_used", sa.Text, nullable=False, server_default="[]"),
    sa.Index("ix_people_login", "login", unique=True),
    sa.Index("ix_people_identity_hmac", "identity_hmac", unique=True),
)
sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("session", _ID, primary_key=True),
    sa.Column("token_sha256", _DIGEST, nullable=False),
    sa.Column("person", _ID, nullable=False),
    sa.Column("stage", sa.String(10), nullable=False),
    sa.Column("via", sa.String(10), nullable=False),
    sa.Column("device", sa.String(60), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("confirmed_at", sa.BigInteger, nullable=False),
    sa.Column("misses", sa.Integer, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("looks", sa.Text, nullable=False, server_default="{}"),
    sa.Index("ix_sessions_token_sha256", "token_sha256", unique=True),
    sa.Index("ix_sessions_person", "person"),
)
recovery_codes = sa.Table(
    "recovery_codes",
    METADATA,
    sa.Column("person", _ID, primary_key=True),
    sa.Column("code_hmac", _DIGEST, primary_key=True),
)
links = sa.Table(
    "links",
    METADATA,
    sa.Column("token_sha256", _DIGEST, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("person", _ID),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)
attempts = sa.Table(
    "attempts",
    METADATA,
    sa.Column("key_hmac", _DIGEST, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
)
acts = sa.Table(
    "acts",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("act", sa.String(20), nullable=False),
    sa.Column("who", _ID),
    sa.Column("person", _ID),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("chain", _DIGEST, nullable=False),
)
departures = sa.Table(
    "departures",
    METADATA,
    sa.Column("state_sha256", _DIGEST, primary_key=True),
    sa.Column("browser_sha256", _DIGEST, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)
marks = sa.Table(
    "marks",
    METADATA,
    sa.Column("person", _ID, primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)
