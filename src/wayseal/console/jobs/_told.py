"""Messages as they are kept in a row: worded when somebody reads them, in that reader's language."""

import json
from pathlib import PurePath
from typing import Any

from wayseal.console.errors import ConsoleError
from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_, Message

_MOST = 400
_PLACED = N_("{place}: {text}")


def message_of(error: WaysealError) -> Message:
    """An error as a message, its place before it: of a file the name alone, of a form (an error of ours) no field."""
    name = "" if error.file is None else PurePath(error.file).name
    line = "" if error.line is None else str(error.line)
    place = ":".join(part for part in (name, line, "" if isinstance(error, ConsoleError) else error.key) if part)
    return Message(_PLACED, {"place": place, "text": error.message}) if place else error.message


def to_text(message: Message) -> str:
    """A message as JSON."""
    return json.dumps(_plain(message), ensure_ascii=False)


def from_text(text: str | None) -> Message | None:
    """The message again; None for none."""
    return None if text is None else _message(json.loads(text))


def _plain(value: object) -> Any:
    if isinstance(value, WaysealError):
        return _plain(message_of(value))
    if isinstance(value, Message):
        return {"text": value.text, "values": {name: _plain(one) for name, one in value.values.items()}}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, PurePath):
        return value.name
    return value if isinstance(value, int | float) else str(value)[:_MOST]


def _message(content: Any) -> Message:
    return Message(content["text"], {name: _value(one) for name, one in content["values"].items()})


def _value(content: Any) -> object:
    if isinstance(content, dict):
        return _message(content)
    return [_value(one) for one in content] if isinstance(content, list) else content
