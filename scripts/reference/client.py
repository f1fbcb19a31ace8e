"""python.md: the client for Python, from its signatures and docstrings. Its text is English in both languages."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any, get_type_hints

from scripts.reference.texts import filled
from wayseal.client import RetryPolicy, VaultClient, errors
from wayseal.client.events import EventWriter, open_sink
from wayseal.client.sinks import Sink
from wayseal.model import records

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)
INSIDE = ("FieldError", "Problem")
"""What a client tells as a RefusedError."""
_ITEM = re.compile(r"^ {4}(\w+): ", re.MULTILINE)


def page(lang: str) -> str:
    """The page in a language: a written introduction, then the methods, records and errors."""
    made = [
        _thing("VaultClient", VaultClient, "##", _signature("VaultClient", VaultClient)),
        *(_thing(name, method, "###", _signature(name, method)) for name, method in _public(VaultClient)),
        "## Records\n",
        *(_thing(name, record, "###", _fields(record)) for name, record in _defined(records) if name not in INSIDE),
        _thing("RetryPolicy", RetryPolicy, "###", _fields(RetryPolicy)),
        _thing("EventWriter", EventWriter, "##", _signature("EventWriter", EventWriter)),
        *(_thing(name, method, "###", _signature(name, method)) for name, method in _public(EventWriter)),
        _thing("open_sink", open_sink, "###", _signature("open_sink", open_sink)),
        _thing("Sink", Sink, "###", "class Sink(Closing)"),
        *(_thing(f"Sink.{name}", method, "####", _signature(name, method)) for name, method in _public(Sink)),
        "## Errors\n",
        *(_thing(name, error, "###", f"exit_code = {error.exit_code}") for name, error in _defined(errors)),
    ]
    return filled("python", lang, "\n".join(made))


def _public(kind: type) -> Iterator[tuple[str, Any]]:
    yield from ((n, m) for n, m in vars(kind).items() if inspect.isfunction(m) and not n.startswith("_"))


def _defined(module: Any) -> Iterator[tuple[str, Any]]:
    """The public classes that a module defines, in its order."""
    for name, kind in vars(module).items():
        if inspect.isclass(kind) and kind.__module__ == module.__name__:
            yield name, kind


def _signature(name: str, thing: Any) -> str:
    told = inspect.signature(thing)
    parameters = [str(one) for one in told.parameters.values() if one.name != "self"]
    star = next((i for i, one in enumerate(told.parameters.values()) if one.kind is one.KEYWORD_ONLY), None)
    if star is not None:
        parameters.insert(star - ("self" in told.parameters), "*")
    gives = told.return_annotation if inspect.isfunction(thing) else None
    end = "" if gives is None else f" -> {inspect.formatannotation(gives)}"
    return _call(name, parameters, end)


def _call(name: str, parameters: list[str], end: str = "") -> str:
    """A call on one line, or a parameter a line where that would be long; names without their modules."""
    line = f"{name}({', '.join(parameters)}){end}"
    text = line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(parameters) + f",\n){end}"
    return re.sub(r"(wayseal|collections|pathlib|datetime)\.([a-z_]+\.)*", "", text)


def _fields(record: type) -> str:
    hints = get_type_hints(record)
    told = [f"{one.name}: {_annotation(one, hints[one.name])}" for one in dataclasses.fields(record)]
    return _call(record.__name__, ["*", *told])


def _annotation(one: Any, hint: Any) -> str:
    kind = re.sub(r"^Optional\[(.*)\]$", r"\1 | None", inspect.formatannotation(hint))
    default = "" if one.default is dataclasses.MISSING else f" = {one.default!r}"
    return kind + default


def _thing(name: str, thing: Any, level: str, signature: str) -> str:
    """A heading, the signature, and the docstring with its sections as lists."""
    text = inspect.getdoc(thing) or ""
    if thing is VaultClient:
        text = text.replace("\n\nRaises:", f"\n\n{_args(VaultClient.__init__)}\nRaises:")
    if thing is EventWriter:
        text = "\n\n".join(
            (
                text,
                *re.findall(
                    r"^(?:Args|Raises):\n(?: {4}.*\n?)+", inspect.getdoc(EventWriter.__init__) or "", re.MULTILINE
                ),
            )
        )
    return f"{level} `{name}`\n\n```python\n{signature}\n```\n\n{_SECTION.sub(_list, text).strip()}\n"


def _args(function: Any) -> str:
    found = re.search(r"^Args:\n(?: {4}.*\n)+", inspect.getdoc(function) or "", re.MULTILINE)
    return found[0] if found else ""


def _list(found: re.Match[str]) -> str:
    title, body = found[1], found[2].rstrip("\n") + "\n"
    joined = re.sub(r"\n {8}", " ", body)
    items = _ITEM.sub(r"- `\1`: ", joined) if title != "Returns" else " ".join(joined.split()) + "\n"
    return f"**{title}**{': ' if title == 'Returns' else chr(10) * 2}{items}\n"
