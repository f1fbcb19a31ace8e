"""Which route an address is of: the quick way says what asking one route after the other does."""

import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from tests.server.world import World
from wayseal.server._admission import RouteFinder
from wayseal.server._problems import ProblemError
from wayseal.server.scopes import ROUTES

VALUES = ("YT1", "0", "a b", "\n", "x\n", "batch", "disclose", "{waybill}", "%2F", "é", "a:b", ".", "")
ENDS = ("", "/", "\n", "/x", "?", "//")


async def nothing(request: Request) -> Response:
    return Response()


def addresses(path: str) -> set[str]:
    """Some of a path, and some that are nearly so."""
    made = set()
    for value in VALUES:
        address = path
        for name in ("{waybill}", "{actor}", "{approval}", "{level}", "{index:path}", "{seq}"):
            address = address.replace(name, value)
        made |= {address + end for end in ENDS} | {address[1:], address[:-1], address.upper(), f"/{address}"}
    return made


def told(find: Any, method: str, address: str) -> str:
    scope = {"type": "http", "method": method, "path": address, "state": {}}
    try:
        path, values = find(scope)
    except ProblemError as problem:
        return f"{problem.rule} {problem.headers}"
    return json.dumps([path, dict(values)])


def test_both_ways_find_the_same(shared: World) -> None:
    paths = RouteFinder(lambda: shared.api.router.routes, ROUTES)
    quick = {(method, path) for (method, _), (path, _) in paths._plain.items()}
    quick |= {(method, path) for (method, _, _), (path, _) in paths._with_one.items()}
    # The tile has two parameters; a waybill could be called "batch".
    shared_or_long = {
        ("GET", "/v1/log/tile/{level}/{index:path}"),
        ("PATCH", "/v1/waybills/{waybill}"),
        ("POST", "/v1/waybills/batch"),
    }
    assert set(ROUTES) - quick == shared_or_long
    found = set()
    for _, path in ROUTES:
        for address in addresses(path):
            for method in ("POST", "GET", "PUT", "HEAD", "get", ""):
                one = told(paths.find, method, address)
                assert one == told(paths._match_each, method, address), (method, address)
                found.add(one)
    assert len(found) > 60


@pytest.mark.parametrize(
    ("paths", "quick"),
    [
        (["/a/{x}/b", "/c"], {"/a/{x}/b", "/c"}),
        (["/a/{x}/b", "/a/c/b"], set()),
        (["/a/{x}/b", "/{x}/1/b"], set()),
        (["/a/{x}/b", "/a/{x:path}"], set()),
        (["/{x:path}", "/a/{x}/b", "/c"], set()),
        (["/a/{x}/b", "/a/{x}/c", "/a/b"], {"/a/{x}/b", "/a/{x}/c", "/a/b"}),
        (["/a/{x}/{y}", "/a/x{y}/b", "/a/{x:int}/b/c"], set()),
    ],
)
def test_paths_that_share_an_address_are_asked_in_their_order(paths: list[str], quick: set[str]) -> None:
    routes: list[BaseRoute] = [Route(path, nothing, methods=["POST"]) for path in paths]
    table = dict.fromkeys([("POST", path) for path in paths])
    made = RouteFinder(lambda: routes, table)
    assert {path for path, _ in [*made._plain.values(), *made._with_one.values()]} == quick
    for address in ("/a/c/b", "/a/1/b", "/a/b", "/c", "/a/1/b/c", "/a/x1/b"):
        assert told(made.find, "POST", address) == told(made._match_each, "POST", address)


def test_what_is_no_plain_route_leaves_nothing_to_the_quick_way() -> None:
    routes: list[BaseRoute] = [Mount("/a", routes=[]), Route("/a/b", nothing, methods=["POST"])]
    made = RouteFinder(lambda: routes, {("POST", "/a/b"): None})
    assert not made._plain
    assert told(made.find, "POST", "/a/b").startswith("not_allowed")
