"""Records as JSON, and back. No error holds what was sent or answered: it is raised outside the library's handler."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from wayseal.client.errors import ClientError
from wayseal.model.schema import adapter

T = TypeVar("T")


def to_json(value: Any, name: str = "") -> Any:
    """Records, and what is made of them, as the service takes it; what is None is left out.

    ClientError, with the name where it stands: a time has no offset.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ClientError("a time needs its offset from UTC", key=name)
        return value.isoformat()
    if is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_json(inner, key) for key, inner in value.items() if inner is not None}
    return [to_json(inner) for inner in value] if isinstance(value, list | tuple | set | frozenset) else value


def parse(kind: Callable[..., T], body: Any, *path: str) -> T:
    """What stands in an answer, as a record or whatever else; ClientError where it is another one."""
    try:
        for name in path:
            body = body[name]
        made: T = adapter(kind).validate_python(body)
    except (ValidationError, KeyError, TypeError):
        pass
    else:
        return made
    raise ClientError("the service's answer isn't one that this client knows")
