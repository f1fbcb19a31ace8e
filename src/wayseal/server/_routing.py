"""Which route a request is for: the app's own routes, in their order, and of these only what the table names.

1. Default deny: a route that the table doesn't name answers 403 (`_scopes`, rule 1).
2. Most addresses are found in a dictionary. Only paths that share no address with any other stand there, so that it
   says what asking one route after the other would; all else is asked so.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from starlette.routing import BaseRoute, Match, Route

from wayseal.server._middleware import Scope
from wayseal.server._problems import ProblemError
from wayseal.server._rules import Rule

_ONE = re.compile(r"(?P<before>[^{}]*)/\{(?P<name>\w+)\}/(?P<after>[^/{}]+)")
RouteMatch = tuple[str, Mapping[str, str]]
"""A path of the table, and the parameters in the address by their names."""


class RouteFinder:
    """Finds routes. routes: the app's; table: (method, path) of those that may be called."""

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]], table: Mapping[tuple[str, str], str | None]) -> None:
        self._routes = routes
        self._table = table
        self._plain: dict[tuple[str, str], RouteMatch] = {}
        self._with_one: dict[tuple[str, str, str], tuple[str, str]] = {}
        """(method, before the parameter, after it) → path, name of the parameter."""
        for method, path in _unambiguous(routes()):
            if (method, path) not in table:
                continue
            if "{" not in path:
                self._plain[method, path] = path, {}
            elif one := _ONE.fullmatch(path):
                self._with_one[method, one["before"], one["after"]] = path, one["name"]

    def find(self, scope: Scope) -> RouteMatch:
        """The route of a request; ProblemError where there is none, or none that may be called."""
        method, address = scope["method"], scope["path"]
        plain = self._plain.get((method, address))
        if plain is not None:
            return plain
        before, _, after = address.rpartition("/")
        before, _, value = before.rpartition("/")
        with_one = self._with_one.get((method, before, after))
        if with_one is not None and value:
            return with_one[0], {with_one[1]: value}
        return self._match_each(scope)

    def _match_each(self, scope: Scope) -> RouteMatch:
        """The same, from one route after the other."""
        method = scope["method"]
        methods: set[str] = set()
        for route in self._routes():
            match, found = route.matches(scope)
            if match is Match.NONE:
                continue
            path = str(getattr(route, "path_format", getattr(route, "path", "")))
            path = path if (method, path) in self._table else str(getattr(route, "path", path))
            if match is Match.FULL:
                if (method, path) not in self._table:
                    raise ProblemError(Rule.NOT_ALLOWED)
                return path, found["path_params"]
            methods |= set(getattr(route, "methods", None) or ())
        if methods:
            raise ProblemError(Rule.METHOD, headers={"Allow": ", ".join(sorted(methods))})
        raise ProblemError(Rule.NOT_FOUND)


def _unambiguous(routes: Sequence[BaseRoute]) -> list[tuple[str, str]]:
    """(method, path) of routes that no other path shares an address with."""
    plain = [route for route in routes if isinstance(route, Route)]
    if len(plain) < len(routes):
        return []
    paths = {route.path for route in plain}
    return [
        (method, route.path)
        for route in plain
        if not any(_overlap(route.path, path) for path in paths - {route.path})
        for method in route.methods or ()
    ]


def _overlap(one: str, other: str) -> bool:
    """Check if an address may be of both paths. A parameter may be anything, one with a converter of any length."""
    first, second = one.split("/"), other.split("/")
    same_length = len(first) == len(second) or ":" in one + other
    return same_length and all(a == b or "{" in a + b for a, b in zip(first, second, strict=False))
