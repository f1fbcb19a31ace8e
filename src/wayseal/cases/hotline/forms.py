"""What a form says that somebody filled in: a reporter at the portal, or staff for somebody who called or wrote.

1. Nothing raises: what can't be taken is a fault of its field, and all else is read.
2. Fields that the type doesn't ask for are passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from wayseal.cases.hotline.letters import FIELDS, MOST_NUMBERS, MOST_TEXT, Fields, ReportType
from wayseal.cases.hotline.sealing import MOST_IDENTITY
from wayseal.model.fields import NUMBER, FieldKind
from wayseal.model.messages import Message
from wayseal.model.numbers import split_numbers

_LINE: Final = 300
_NOTHING = Fields()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Entered:
    """What a form says. faults: what can't be taken, by its field."""

    type: ReportType | None = None
    text: str
    fields: Fields = _NOTHING
    identity: str = ""
    faults: Mapping[str, Message]


def read_report(form: Mapping[str, str]) -> Entered:
    """What the form of a report says."""
    faults: dict[str, Message] = {}
    known = {one.value: one for one in ReportType}
    kind = known.get(form.get("type", ""))
    if kind is None:
        faults["type"] = Message("choose what it is about")
    text = _read_text(form, faults)
    identity = _read_line(form, "identity", MOST_IDENTITY, faults)
    may = FIELDS[kind] if kind else frozenset()
    lines = {name: _read_line(form, name, _LINE, faults) for name in ("seller", "where", "price", "region")}
    fields = Fields(
        numbers=_read_numbers(form, faults) if "numbers" in may else (),
        when=_read_day(form, faults) if "when" in may else None,
        knew=tuple(one for one in FieldKind if f"knew-{one}" in form) if "knew" in may else (),
        **{name: text for name, text in lines.items() if name in may},
    )
    return Entered(type=kind, text=text, fields=fields, identity=identity, faults=faults)


def read_message(form: Mapping[str, str]) -> Entered:
    """What the form of a message says."""
    faults: dict[str, Message] = {}
    return Entered(text=_read_text(form, faults), faults=faults)


def _read_text(form: Mapping[str, str], faults: dict[str, Message]) -> str:
    text = form.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        faults["text"] = Message("write at least a few words")
    elif len(text) > MOST_TEXT:
        values = {"length": len(text), "most": MOST_TEXT}
        faults["text"] = Message("these are {length:,} characters, and {most:,} fit: send it as a file", values)
    elif "\0" in text:
        faults["text"] = Message("a character in it can't be kept (NUL)")
    return text


def _read_line(form: Mapping[str, str], name: str, most: int, faults: dict[str, Message]) -> str:
    line = " ".join(form.get(name, "").split())
    if len(line) > most or "\0" in line:
        faults[name] = Message("{most} characters at most", {"most": most})
        return ""
    return line


def _read_numbers(form: Mapping[str, str], faults: dict[str, Message]) -> tuple[str, ...]:
    numbers = tuple(dict.fromkeys(split_numbers(form.get("numbers", ""))))
    if len(numbers) > MOST_NUMBERS:
        faults["numbers"] = Message("{most} numbers at most: send the rest as a file", {"most": MOST_NUMBERS})
    elif any(len(one) > NUMBER or "\0" in one for one in numbers):
        faults["numbers"] = Message("a number has {most} characters at most", {"most": NUMBER})
    return () if "numbers" in faults else numbers


def _read_day(form: Mapping[str, str], faults: dict[str, Message]) -> date | None:
    given = form.get("when", "").strip()
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        faults["when"] = Message("needs a day, like 2026-03-02")
        return None
