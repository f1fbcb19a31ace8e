"""A fast path to the endpoints that most requests are for, past the framework.

1. It takes a request only if its body, its headers and the parameters in its address are what the endpoint declares.
   Everything else goes on to the framework, which alone says what is wrong.
2. What it takes the framework would have taken, and the endpoint gets the same from both: it is the same coroutine, and
   its own declarations are the rules.
3. It stands behind admission and asks nothing again: route, parameters, headers and body are those of `Admission`.
"""

from collections.abc import Awaitable, Callable, Sequence
from inspect import Parameter, signature
from typing import Any, Final, get_args

from fastapi import params
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from wayseal.server._middleware import App, Receive, Scope, Send

FAST_ROUTES: Final = frozenset({("POST", "/v1/waybills/{waybill}/disclose"), ("POST", "/v1/disclose")})
"""Routes that have one."""


class FastPath:
    """Answers requests of the routes in SHORT, and hands all others on to `app`; routes: its own."""

    def __init__(self, app: App, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        found = {
            (method, route.path): route
            for route in routes
            if isinstance(route, APIRoute)
            for method in route.methods or ()
        }
        self._endpoints = {key: _Endpoint(found[key]) for key in FAST_ROUTES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the service."""
        endpoint = None if scope["type"] != "http" else self._endpoints.get((scope["method"], scope["state"]["route"]))
        given = None if endpoint is None else endpoint.read(scope["state"])
        if endpoint is None or given is None:
            await self._app(scope, receive, send)
        else:
            response = await endpoint.call(Request(scope, receive), **given)
            await response(scope, receive, send)


class _Endpoint:
    """A route's coroutine, and what it declares; TypeError where that is more than what is read here."""

    def __init__(self, route: APIRoute) -> None:
        self.call: Callable[..., Awaitable[Response]] = route.endpoint
        self._bodies: list[tuple[str, Any]] = []
        self._parameters: list[tuple[str, Any]] = []
        self._headers: list[tuple[str, bytes, Any]] = []
        first, *others = signature(self.call, eval_str=True).parameters.values()
        if first.annotation is not Request or route.dependencies:
            raise TypeError(f"{route.path}: its first parameter must be the request, and it may have no dependencies")
        for parameter in others:
            self._declare(parameter)

    def _declare(self, parameter: Parameter) -> None:
        hint, name = parameter.annotation, parameter.name
        declared = get_args(hint)[-1] if get_args(hint) else None
        rule = TypeAdapter(hint).validator
        if isinstance(hint, type) and issubclass(hint, BaseModel) and not self._bodies:
            self._bodies.append((name, rule))
        elif isinstance(declared, params.Path):
            self._parameters.append((name, rule))
        elif isinstance(declared, params.Header) and declared.alias and parameter.default is None:
            self._headers.append((name, declared.alias.lower().encode(), rule))
        else:
            raise TypeError(f"{name}: neither the body nor a path or a header that may be missing")

    def read(self, state: dict[str, Any]) -> dict[str, Any] | None:
        """Its arguments out of what admission left; None where they aren't as declared (rule 1)."""
        given = {}
        if not state["readable"]:
            return None
        try:
            for name, rule in self._bodies:
                given[name] = rule.validate_json(state["body"])
            for name, rule in self._parameters:
                given[name] = rule.validate_python(state["parameters"][name])
            for name, header, rule in self._headers:
                value = state["headers"].get(header)
                if value is not None:
                    given[name] = rule.validate_python(value.decode("latin-1"))
        except ValidationError:
            return None
        return given
