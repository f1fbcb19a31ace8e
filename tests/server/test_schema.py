"""The whole API against its own description: no 500, and nothing that isn't described."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.effort import DEEP
from tests.server.world import World, world
from wayseal.server.app import RequestLimits
from wayseal.server.scopes import ROUTES

pytestmark = pytest.mark.once

EXAMPLES = int(os.environ.get("WAYSEAL_API_EXAMPLES", "6" if DEEP else "3"))
"""Examples a route; after a change to the API, take thousands."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def one_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("schema")
    # Bodies of any size that the generator makes are to be judged by their fields.
    with world(folder, RequestLimits(most_bytes=67_108_864), numbers=True) as made:
        yield made


@pytest.fixture(scope="module")
def api(one_service: World) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", one_service.app)


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES), ids=" ".join)
def test_the_api_does_what_its_description_says(method: str, path: str, api: Any, one_service: World) -> None:
    if path == "/openapi.json":
        return
    headers = one_service.headers()

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=api[path.replace(":path", "")][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def positive(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=api[path.replace(":path", "")][method].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def negative(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    positive()
    if api[path.replace(":path", "")][method].body:
        negative()
