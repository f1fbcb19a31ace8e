"""Entries of the disclosure log, and their one spelling.

1. An entry has one spelling: JSON with sorted keys, no spaces, UTF-8, what is absent left out, and a version.
2. Reading is strict: what isn't exactly what `encode` gives is no entry.
3. An entry holds ids, codes, times and counts; why somebody asked is in it sealed, and nothing personal in plain text.
   What a caller may write as it likes doesn't get there: a purpose is one of the policy or `unknown`, a number one that
   the vault has or that looks like one.

Entries name places of others as spans ("3,7-12"), and tell rows that were put into a table, so that it can be held to
the log.
"""

import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from json import encoder
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import ConfigDict
from pydantic import Field as Limits

from wayseal.model.fields import Field, Form
from wayseal.model.numbers import looks_like_waybill
from wayseal.model.schema import CLOSED, parse_json
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.requests import Caller

VERSION = 1
MOST = 65535
"""Longest entry, bytes."""
UNKNOWN = "unknown"
"""Stands for what a caller wrote as it liked (rule 3)."""
_SIMPLE = (str, int)
_text = encoder.encode_basestring
_Number = Annotated[int, Limits(ge=0, lt=1 << 63)]
_plain = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class EntryKind(StrEnum):
    """The kind of an entry."""

    DISCLOSED = "disclosed"
    """A waybill's fields were shown."""
    REFUSED = "refused"
    """They were not, by a rule."""
    SEALED = "sealed"
    """A request sealed waybills."""
    REVISED = "revised"
    """Fields under a number were sealed anew; `more` names them (`fields`) and the record's `revision`."""
    FOUND = "found"
    """A phone was looked up in the blind index."""
    ADMIN = "admin"
    """An administrator's act; `more["act"]` says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the log.

    at: microseconds since 1970. fields: shown, in which form. rule: that refused. policy: version in force. reason:
    sealed text. more: what an act needs beyond that.
    """

    # What isn't known is no part of the one spelling, so `decode` refuses it.
    __pydantic_config__: ClassVar = CLOSED | ConfigDict(extra="ignore", val_json_bytes="base64")
    kind: EntryKind
    at: _Number
    client: str
    actor: str
    policy: _Number
    request: str
    via: str
    waybill: str | None = None
    purpose: str | None = None
    fields: Mapping[Field, Form] = field(default_factory=dict)
    rule: str | None = None
    ip: str | None = None
    reason: bytes | None = field(default=None, repr=False)
    more: Mapping[str, str | int] = field(default_factory=dict)


def entry(kind: EntryKind, caller: Caller, now: int, policy: int, **rest: Any) -> Entry:
    """An entry about a caller's request, under a version of the policy; `rest`: further fields of `Entry`."""
    return Entry(
        kind=kind,
        at=now,
        client=caller.client,
        actor=caller.actor,
        request=caller.request,
        via=caller.via,
        ip=caller.ip,
        policy=policy,
        **rest,
    )


def admin(caller: Caller, now: int, policy: int, act: str, **more: str | int) -> Entry:
    """An administrator's act; `more` holds ids and counts alone."""
    return entry(EntryKind.ADMIN, caller, now, policy, more={"act": act, **more})


def loggable_number(number: str, *, known: bool) -> str | None:
    """A number as an entry may hold it; None: it could be anything (rule 3). known: the vault has it."""
    return number if known or looks_like_waybill(number) else None


def encode(entry: Entry) -> bytes:
    """The spelling of an entry (rule 1).

    VaultError: it lacks what its kind needs, holds text that is no Unicode, or is longer than MOST.
    """
    if lacking := _missing_fields(entry):
        raise VaultError("an entry of the log of kind {kind} lacks {lacking}", kind=entry.kind, lacking=lacking)
    parts = [f'{{"actor":{_text(entry.actor)},"at":{entry.at:d},"client":{_text(entry.client)}']
    if entry.fields:
        parts.append(_format_fields(tuple(entry.fields.items())))
    if entry.ip is not None:
        parts.append(f',"ip":{_text(entry.ip)}')
    parts.append(f',"kind":"{entry.kind}"')
    if entry.more:
        parts.append(f',"more":{_plain(dict(entry.more))}')
    parts.append(f',"policy":{entry.policy:d}')
    if entry.purpose is not None:
        parts.append(f',"purpose":{_text(entry.purpose)}')
    if entry.reason is not None:
        parts.append(f',"reason":"{binascii.b2a_base64(entry.reason, newline=False).decode()}"')
    parts.append(f',"request":{_text(entry.request)}')
    if entry.rule is not None:
        parts.append(f',"rule":{_text(entry.rule)}')
    parts.append(f',"v":{VERSION},"via":{_text(entry.via)}')
    parts.append("}" if entry.waybill is None else f',"waybill":{_text(entry.waybill)}}}')
    return _bytes("".join(parts))


@lru_cache(maxsize=1024)
def _format_fields(fields: tuple[tuple[Field, Form], ...]) -> str:
    """Most entries show what one of few purposes lists."""
    shown = ",".join([f'"{name}":"{form}"' for name, form in sorted(fields)])
    return f',"fields":{{{shown}}}'


def decode(content: bytes) -> Entry:
    """The entry that `encode` spelled so; LogChangedError where it is anything else (rule 2)."""
    try:
        entry = parse_json(content[: MOST + 1], Entry)
        same = encode(entry) == content
    except (TypeError, ValueError, VaultError):
        same = False
    if not same:
        raise LogChangedError("this is no entry of the disclosure log")
    return entry


def _missing_fields(entry: Entry) -> str:
    """Describe what an entry needs and doesn't have; "" if nothing."""
    kind = entry.kind
    if entry.at < 0 or entry.policy < 0:
        return "a time or a version that can be"
    if entry.more and not all(type(k) is str and type(v) in _SIMPLE for k, v in entry.more.items()):
        return "texts and whole numbers"
    if kind is EntryKind.DISCLOSED:
        return "" if entry.waybill and entry.fields else "waybill, fields"
    if kind is EntryKind.REVISED:
        named = type(entry.more.get("fields")) is str and type(entry.more.get("revision")) is int
        return "" if entry.waybill and named else "waybill, fields, revision"
    if kind is EntryKind.REFUSED:
        return "" if entry.rule else "rule"
    if kind is EntryKind.ADMIN:
        return "" if isinstance(entry.more.get("act"), str) else "act"
    return ""


def _bytes(text: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise VaultError("an entry of the log holds text that is no Unicode") from None
    if len(content) > MOST:
        raise VaultError("an entry of the log is longer than {most} bytes", most=MOST)
    return content


Span = tuple[int, int]
"""First and last place, both in it."""
_TEXT = re.compile(
    r"(?:0|[1-9]\d{0,18})(?:-(?:[1-9]\d{0,18}))?(?:,(?:0|[1-9]\d{0,18})(?:-(?:[1-9]\d{0,18}))?)*", re.ASCII
)


def make_spans(places: Iterable[int]) -> list[Span]:
    """The spans of some places, sorted."""
    return merge_spans((p, p) for p in places)


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """The same set in as few spans as can be, sorted."""
    out: list[Span] = []
    for first, last in sorted(spans):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out


def subtract_spans(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return the parts of `spans` that are not in `others`."""
    out: list[Span] = []
    taken = merge_spans(others)
    index = 0
    for first, last in merge_spans(spans):
        while index < len(taken) and taken[index][1] < first:
            index += 1
        here = index
        while here < len(taken) and taken[here][0] <= last:
            if first < taken[here][0]:
                out.append((first, taken[here][0] - 1))
            first = taken[here][1] + 1  # noqa: PLW2901
            here += 1
        if first <= last:
            out.append((first, last))
    return out


def count_places(spans: Iterable[Span]) -> int:
    """How many places."""
    return sum(last - first + 1 for first, last in spans)


def format_spans(spans: Sequence[Span]) -> str:
    """As text."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def parse_spans(text: str) -> list[Span]:
    """Read what `format_spans` gives; VaultError where it is something else."""
    if not _TEXT.fullmatch(text):
        raise VaultError("these are no places of entries")
    pairs = [(int(part.partition("-")[0]), int(part.rpartition("-")[2])) for part in text.split(",")]
    if any(first > last for first, last in pairs):
        raise VaultError("these are no places of entries")
    return merge_spans(pairs)


Row = Mapping[str, Any]
_MOST_BYTES = 32_000
"""Of records in one entry: half of what an entry may have."""
_RECORDS = "records"


class RowChange(NamedTuple):
    """Rows that one entry tells. more: how the entry has them."""

    rows: list[Row]
    more: dict[str, str | int]


def serialize_rows(count: str, rows: Sequence[Row]) -> Iterator[RowChange]:
    """So many rows in each entry as it has room for; at least one entry. count: what they are called there."""
    some, texts, size = list[Row](), list[str](), 0
    for row in rows:
        told = {name: value for name, value in row.items() if value is not None}
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        length = len(text.encode()) + len(", ")
        if some and size + length > _MOST_BYTES:
            yield _row_change(count, some, texts)
            some, texts, size = [], [], 0
        some.append(row)
        texts.append(text)
        size += length
    if some or not rows:
        yield _row_change(count, some, texts)


def _row_change(count: str, rows: list[Row], texts: Sequence[str]) -> RowChange:
    return RowChange(rows, {count: len(rows), _RECORDS: f"[{', '.join(texts)}]"})


def read_rows(more: Mapping[str, str | int]) -> list[dict[str, Any]]:
    """The rows that an entry tells, without what is null; LogChangedError where it tells none."""
    try:
        rows = json.loads(str(more[_RECORDS]))
    except (KeyError, ValueError):
        raise LogChangedError("an entry of the log doesn't say what was put") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LogChangedError("an entry of the log doesn't say what was put")
    return rows
