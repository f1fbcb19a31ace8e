"""docs/reference/api.md: routes, bodies and answers of the HTTP API, from its OpenAPI description."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest.mock import MagicMock

from scripts.reference.texts import Say, filled, row, says
from wayseal.server.app import RequestLimits, create_app
from wayseal.server.scopes import ROUTES

NOTHING = "open"
ROUTES_HEAD = ("route", "scope", "what it does", "body", "answer", "errors")
FIELDS_HEAD = ("field", "needed", "what it is")
NEEDED = "yes"
DESCRIPTION = "The API's description"
FORM = "TokenForm"
FORM_IS = "What a client asks for a token with: a form, not JSON."
TITLE, ALWAYS = "Bodies and answers", "Every route may also answer {statuses}."
TYPES = {
    "text": "text",
    "least": "text, {least} to {most} characters",
    "time": "time with an offset",
    "bytes": "bytes",
    "number": "whole number",
    "between": "whole number, {least} to {most}",
    "boolean": "`true` or `false`",
    "list": "list of {each}",
    "counted": "list of {each}, {least} to {most}",
    "each": "{each} by {key}",
    "words": "one of {words}",
    "object": "object",
}


@cache
def description() -> dict[str, Any]:
    """The API as it describes itself; nothing behind it is asked."""
    nothing = MagicMock()
    made = create_app(
        nothing,
        nothing,
        keyring=nothing,
        issuer="",
        limits=RequestLimits(),
        metrics=nothing,
        log=nothing,
        running=nothing,
    )
    told = made.api.openapi()
    form = told["paths"]["/oauth/token"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    told["components"]["schemas"][FORM] = form["schema"] | {"description": FORM_IS}
    form["schema"] = {"$ref": f"/{FORM}"}
    return dict(told)


def page(lang: str) -> str:
    """The page in a language: routes where the page says, bodies and answers at its end."""
    say = says(lang)
    return filled("api", lang, "\n".join(_routes(say)) + "\n") + "\n" + "\n".join(_schemas(say)) + "\n"


def _operations() -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Every route as it is written, its scope, and what the description says of it; in the order of paths there."""
    paths = description()["paths"]
    for (method, path), scope in ROUTES.items():
        name = path.replace(":path}", "}")
        told = paths.get(name, {}).get(method.lower(), {"summary": DESCRIPTION, "responses": {"200": {}}})
        yield f"{method} {name}", scope, told


def _common() -> set[str]:
    return set.intersection(*(set(told["responses"]) for _, _, told in _operations() if len(told["responses"]) > 1))


def _routes(say: Say) -> Iterator[str]:
    yield row(*map(say, ROUTES_HEAD))
    yield "|---|---|---|---|---|---|"
    for name, scope, told in _operations():
        good = next(status for status in told["responses"] if status.startswith("2"))
        bad = sorted(set(told["responses"]) - _common() - {good})
        body = _content(told.get("requestBody", {}))
        cells = [f"`{name}`", say(NOTHING) if scope is None else f"`{scope}`", _purpose(told, say)]
        cells += ["" if body is None else _type(body, say)]
        answer = _content(told["responses"][good])
        cells += [f"{good}" if answer is None or not answer else f"{good}: {_type(answer, say)}", ", ".join(bad)]
        yield row(*cells)
    yield ""
    yield say(ALWAYS).format(statuses=", ".join(sorted(_common())))


def _purpose(told: dict[str, Any], say: Say) -> str:
    summary, more = say(told["summary"]), say(told.get("description", ""))
    if summary.isascii():
        return f"{summary}. {more}".strip()
    return f"{summary}。{more}"


def _content(told: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of a body or an answer."""
    for content in told.get("content", {}).values():
        return dict(content.get("schema", {}))
    return None


def _schemas(say: Say) -> Iterator[str]:
    yield f"## {say(TITLE)}"
    for name, told in sorted(description()["components"]["schemas"].items()):
        if name in {"HTTPValidationError", "ValidationError"}:
            continue
        yield f"\n### `{name}`\n\n{say(' '.join(told['description'].split()))}\n"
        if "properties" not in told:
            yield _type(told, say)
            continue
        yield row(*map(say, FIELDS_HEAD))
        yield "|---|---|---|"
        for field, one in told["properties"].items():
            needed = say(NEEDED) if field in told.get("required", ()) else ""
            default = None if "const" in one else one.get("default")
            said = _type(one, say) + (f" (`{default}`)" if default else "")
            if "description" in one:
                said += (". " if said.isascii() else "。") + say(one["description"])
            yield row(f"`{field}`", needed, said)


def _type(told: dict[str, Any], say: Say) -> str:
    """What a value is, in words."""
    if several := [one for one in told.get("anyOf", ()) if one.get("type") != "null"]:
        return " / ".join(_type(one, say) for one in several)
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})"
    if "const" in told:
        return f"`{told['const']}`"
    if words := told.get("enum"):
        return say(TYPES["words"]).format(words=", ".join(f"`{word}`" for word in words))
    return _plain(told, say)


def _plain(told: dict[str, Any], say: Say) -> str:
    kind = told.get("type")
    if kind == "array":
        bounds = {"least": told.get("minItems"), "most": f"{told.get('maxItems', 0):,}"}
        word = "counted" if "maxItems" in told else "list"
        return say(TYPES[word]).format(each=_type(told["items"], say), **bounds)
    if kind == "object":
        if "propertyNames" not in told:
            return say(TYPES["object"])
        each = _type(told["additionalProperties"], say)
        return say(TYPES["each"]).format(each=each, key=_type(told["propertyNames"], say))
    if kind == "integer":
        bounds = {"least": told.get("minimum", 1), "most": f"{int(told.get('maximum', 0)):,}"}
        return say(TYPES["between" if "maximum" in told else "number"]).format(**bounds)
    if kind == "boolean":
        return say(TYPES["boolean"])
    if told.get("format") in {"date-time", "binary"}:
        return say(TYPES["time" if told["format"] == "date-time" else "bytes"])
    bounds = {"least": told.get("minLength"), "most": f"{told.get('maxLength', 0):,}"}
    return say(TYPES["least" if "minLength" in told else "text"]).format(**bounds)


def texts() -> Iterator[str]:
    """Every text of the page."""
    yield from (NOTHING, *ROUTES_HEAD, *FIELDS_HEAD, NEEDED, DESCRIPTION, TITLE, ALWAYS, *TYPES.values())
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    list(_routes(note)), list(_schemas(note))
    yield from (text for text in found if text)
