"""Records as JSON, and back."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from wayseal.client.errors import ClientError, RefusedError
from wayseal.client.records import Disclosed, Refused, Revised, Sealed, TokenShown

T = TypeVar("T")
Json = Mapping[str, Any]


def to_json(record: object) -> dict[str, Any]:
    """A record as the service takes it; what is None is left out."""
    out: dict[str, Any] = {}
    for one in fields(record):  # type: ignore[arg-type]
        value = getattr(record, one.name)
        if value is not None:
            out[one.name] = format_time(one.name, value) if isinstance(value, datetime) else value
    return out


def format_time(name: str, at: datetime) -> str:
    """A time with its offset; ClientError where it has none."""
    if at.tzinfo is None:
        raise ClientError("a time needs its offset from UTC", key=name)
    return at.isoformat()


def parse_answer(read: Callable[[Any], T], body: Any) -> T:
    """What `read` makes of an answer; ClientError where it is another one, without any of it."""
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise ClientError("the service's answer isn't one that this client knows")


def parse_sealed(body: Json) -> Sealed | Refused:
    """One parcel of an answer."""
    if body["status"] == "refused":
        return parse_refused(body)
    return Sealed(waybill=body["waybill"], tokens=dict(body["tokens"]))


def parse_disclosed(body: Json) -> Disclosed | Refused:
    """One waybill of an answer."""
    if body["status"] == "refused":
        return parse_refused(body)
    return Disclosed(
        waybill=body["waybill"],
        values=dict(body["values"]),
        forms=dict(body["forms"]),
        until=parse_time(body["until"]),
        seq=int(body["seq"]),
        leaf=body["leaf"],
    )


def parse_revised(body: Json) -> Revised:
    """What was changed."""
    return Revised(
        waybill=body["waybill"],
        revision=int(body["revision"]),
        tokens=dict(body["tokens"]),
        forms=dict(body["forms"]),
        seq=int(body["seq"]),
        leaf=body["leaf"],
    )


def parse_refused(body: Json) -> Refused:
    """A refusal among others."""
    return Refused(
        waybill=body["waybill"], rule=body["rule"], zh=body["detail_zh"], en=body["detail_en"], seq=body["seq"]
    )


def parse_token(body: Json) -> TokenShown:
    """What one token stands for."""
    until = body.get("until")
    return TokenShown(
        token=body["token"],
        value=body.get("value"),
        form=body.get("form"),
        until=None if until is None else parse_time(until),
        rule=body.get("rule"),
        zh=body.get("detail_zh"),
        en=body.get("detail_en"),
        seq=body.get("seq"),
    )


def parse_with_times(kind: Callable[..., T], body: Json, *names: str) -> T:
    """A record whose members are those of the answer; `names` are times."""
    return kind(**{**body, **{name: parse_time(body[name]) for name in names}})


def parse_time(text: str) -> datetime:
    """A time of an answer."""
    return datetime.fromisoformat(text)


def parse_problem(status: int, body: Json) -> RefusedError:
    """The refusal that a problem (RFC 9457) tells."""
    errors = tuple((str(e["field"]), str(e["problem"])) for e in body.get("errors", ()))
    return RefusedError(
        str(body["rule"]),
        str(body["detail_zh"]),
        str(body["detail_en"]),
        status=status,
        seq=body.get("seq"),
        request=str(body["request"]),
        fields=errors,
    )
