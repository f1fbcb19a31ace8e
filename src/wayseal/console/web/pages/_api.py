"""The console for programs: cases, the queue, and what is done with them, as JSON under /api/v1.

1. Lists are the lists of pages, with their filters, sorts and order, and acts are their forms: the same fields, rights,
   refusals and records. A program that may do something here may do it there.
2. Names of people are never told: a look at them is a person's, in a session at a browser. Accounts, devices and
   addresses stand under their pseudonyms.
3. Behind the last row of an answer goes on what names its `after`; behind a `line` stands what changed since.
4. What an act may not be done to unseen names the line that was seen (`seen`), as forms do: it is refused with 409
   where somebody was there before.
5. The description (OpenAPI 3.1) is made of the same declarations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from wayseal import __version__
from wayseal.cases.views import CaseRow, Changes, Dossier, ItemRow
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web.pages import _case_acts, _cases
from wayseal.console.web.pages._casework import Worklist, the_cases
from wayseal.model.schema import adapter
from wayseal.model.times import stamp

PAGES = Pages()
BASE = "/api/v1"
_MOST = 100
_TIMES = frozenset({"at", "since", "read_until", "snoozed_until"})
"""Fields that hold microseconds, beside those that end with `_at`."""
_SEEN = "The line of the case, or thing in the queue, that was seen."
_WHY = "Why, in a line."
FORMS: Mapping[str, Mapping[str, str]] = {
    "/queue": {"source": "listing, canary …", "reason": _WHY, "seller": "", "numbers": "Waybill numbers, by spaces."},
    "/queue/items/{item}": {"act": "promote, dismiss, take, assign, snooze", "why": _WHY, "seen": _SEEN,
                            "owner": "A login.", "until": "A day."},
    "/cases/{case}/state": {"state": "One of the states that a person may give.", "why": _WHY, "seen": _SEEN},
    "/cases/{case}/verdict": {"verdict": "true (the reads were not work) or false", "why": _WHY, "seen": _SEEN,
                              "account": "By pseudonym; empty for all.", "lacking": "Also without a full hearing."},
    "/cases/{case}/tags": {"tag": "To add.", "drop": "To take away."},
    "/cases/{case}/assign": {"owner": "A login; empty for nobody.", "why": _WHY, "seen": _SEEN},
    "/cases/{case}/snooze": {"until": "A day, or so many days; empty: no longer.", "why": _WHY, "seen": _SEEN},
    "/cases/{case}/priority": {"priority": "urgent, high, normal, low", "why": _WHY, "seen": _SEEN},
    "/cases/{case}/title": {"title": "", "seen": _SEEN},
    "/cases/{case}/notes": {"note": "Its text."},
    "/cases/{case}/notes/{note}": {"note": "Its new text.", "version": "The one that was edited."},
    "/cases/{case}/tasks": {"task": "Its text.", "owner": "A login.", "due": "A day."},
    "/cases/{case}/links": {"kind": "seller, number, outlet, case", "thing": "Its id.", "why": _WHY},
    "/cases/{case}/unlink": {"kind": "seller, number, outlet, case", "thing": "Its id.", "why": _WHY},
    "/cases/{case}/merge": {"into": "The other case.", "why": _WHY, "seen": _SEEN},
    "/cases/{case}/unmerge": {"why": _WHY, "seen": _SEEN},
}  # fmt: skip
"""Forms that programs may send: path → field → what it is."""


def _get(path: str, answer: type) -> Callable[[Callable[[Ask], Response]], Callable[[Ask], Response]]:
    """Declare what a program reads. answer: the record that its JSON is of."""
    _ANSWERS[path] = answer
    return PAGES.get(BASE + path, CASE_ROLES, api=True)


_ANSWERS: dict[str, type] = {}
_LISTS: Mapping[str, Worklist[Any]] = {"/cases": _cases.LIST, "/queue": _cases.QUEUE}


@_get("/cases", CaseRow)
def list_cases(ask: Ask) -> Response:
    """List cases."""
    return _list(ask, _cases.LIST)


@_get("/queue", ItemRow)
def list_queue(ask: Ask) -> Response:
    """List what waits for a decision."""
    return _list(ask, _cases.QUEUE)


@_get("/cases/{case}", Dossier)
def show_case(ask: Ask) -> Response:
    """Tell all of a case, and the newest of what was done with it."""
    return JSONResponse(_told(the_cases(ask).dossier(ask.names["case"])))


@_get("/changes", Changes)
def show_changes(ask: Ask) -> Response:
    """Tell what changed behind a line (`since`), and the line to ask from the next time."""
    return JSONResponse(_told(the_cases(ask).changed_since(ask.number("since") or 0, _MOST)))


def _list(ask: Ask, page: Worklist[Any]) -> Response:
    found = page.query(ask, replace(page, loose=False).wanted(ask.query), min(ask.number("limit") or page.many, _MOST))
    return JSONResponse({"rows": [_told(row) for row in found.rows], "after": found.after})


def _told(record: Any) -> Any:
    """A record as JSON, its times as ISO 8601 on the console's clock."""
    kind: Any = type(record)
    return _stamped(adapter(kind).dump_python(record, mode="json"))


def _stamped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _time(one) if _is_time(name) else _stamped(one) for name, one in value.items()}
    return [_stamped(one) for one in value] if isinstance(value, list) else value


def _is_time(name: str) -> bool:
    return name in _TIMES or name.endswith("_at")


def _time(at: int | None) -> str | None:
    return stamp(at) if at else None


def _describe() -> Mapping[str, Any]:
    """The description of what there is (rule 5)."""
    schemas: dict[str, Any] = {}

    def schema_of(kind: type) -> Mapping[str, str]:
        found = adapter(kind).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        for name, one in {**found.pop("$defs", {}), kind.__name__: found}.items():
            held = {key: _TIME if _is_time(key) else value for key, value in one.get("properties", {}).items()}
            schemas[name] = {**one, "properties": held} if held else one
        return {"$ref": f"#/components/schemas/{kind.__name__}"}

    paths: dict[str, dict[str, Any]] = {}
    for page in PAGES:
        path = page.path.removeprefix(BASE)
        kind, many = _ANSWERS.get(path), _LISTS.get(path) if page.method == "GET" else None
        answer: Any = _LOCATION if kind is None or page.method == "POST" else schema_of(kind)
        if many is not None:
            answer = {"type": "object", "properties": {"rows": {"type": "array", "items": answer}, "after": _AFTER}}
        told = {
            "summary": (page.act.__doc__ if page.method == "GET" else None) or f"Do as the form of {path} does.",
            "parameters": _parameters(path, many),
            "responses": {"200": _content(answer), "default": {"description": "application/problem+json (RFC 9457)"}},
        }
        if page.method == "POST":
            fields = {name: {"type": "string", "description": what} for name, what in FORMS[path].items()}
            told["requestBody"] = _content({"type": "object", "properties": fields})
        paths.setdefault(path, {})[page.method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {"title": "Wayseal's console", "version": __version__},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


_TIME = {"type": ["string", "null"], "format": "date-time"}
_AFTER = {"type": ["string", "null"]}
_LOCATION = {"type": "object", "properties": {"location": {"type": "string"}}}


def _content(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _parameters(path: str, many: Worklist[Any] | None) -> Sequence[Mapping[str, Any]]:
    text = {"type": "string"}
    inside = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    told: list[Mapping[str, Any]] = [{"name": one, "in": "path", "required": True, "schema": text} for one in inside]
    if many is None:
        return told if path != "/changes" else [{"name": "since", "in": "query", "schema": {"type": "integer"}}]
    asked: dict[str, Any] = {
        one.name: {**text, **({"enum": list(one.choices)} if one.choices else {})} for one in many.filters
    }
    asked |= {"sort": {**text, "enum": list(many.sorts)}, "after": text, "limit": {"type": "integer", "maximum": _MOST}}
    return [*told, *({"name": name, "in": "query", "schema": schema} for name, schema in asked.items())]


def _forms() -> Sequence[Page]:
    """The forms that programs may send, as they are declared for people (rule 1)."""
    declared = [*_cases.PAGES, *_case_acts.PAGES]
    found = {page.path: page for page in declared if page.method == "POST" and page.path in FORMS}
    return [replace(found[path], path=BASE + path, api=True) for path in FORMS]


PAGES += _forms()
_DESCRIPTION = _describe()


@PAGES.get(f"{BASE}/openapi.json", None, bare=True)
def describe(ask: Ask) -> Response:
    """The description of the interface."""
    del ask
    return JSONResponse(_DESCRIPTION)
