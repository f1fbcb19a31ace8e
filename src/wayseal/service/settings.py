"""Settings of a service, from the environment: a prefix, and the setting in capitals.

1. A setting that isn't known, or can't be as it is, stops the start; the error names it, and never its value.
2. What may hold a secret shows itself in no `repr`.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_
from wayseal.model.schema import parsed_by, read_values

T = TypeVar("T")
OWN = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this machine's own address."""
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def _parse_path(value: Any) -> Path:
    if not isinstance(value, str) or not value:
        raise WaysealError(N_("needs the name of a file"))
    return Path(value)


def _parse_flag(value: Any) -> bool:
    found = _FLAGS.get(str(value).lower())
    if found is None:
        raise WaysealError(N_("is true or false"))
    return found


def _parse_whole(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise WaysealError(N_("needs a whole number")) from None


def _parse_number(value: Any) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise WaysealError(N_("needs a number")) from None


File = Annotated[Path, parsed_by(_parse_path)]
Flag = Annotated[bool, parsed_by(_parse_flag)]
WHOLE, NUMBER = parsed_by(_parse_whole), parsed_by(_parse_number)
"""Of an int and a float, as text spells them."""


class ListenSettings(Protocol):
    """What all services are told of how they listen and end."""

    @property
    def host(self) -> str:
        """The address."""

    @property
    def tls_certificate(self) -> Path | None:
        """Its file."""

    @property
    def tls_key(self) -> Path | None:
        """Its file."""

    @property
    def stop_seconds(self) -> float:
        """So long requests that run have at the end."""


def check_tls(settings: ListenSettings, error: type[WaysealError], proxied: str) -> None:
    """Raises `error` where others could read along. proxied: the setting by which a proxy before it does TLS."""
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise error(N_("tls_certificate and tls_key go together"))
    if settings.host not in OWN and settings.tls_certificate is None and not getattr(settings, proxied):
        text = N_(
            "tls_certificate is needed where host is not this machine's own address, or {setting} where a proxy speaks "
            "TLS"
        )
        raise error(text, setting=proxied)


def unknown_setting(name: str, known: Iterable[str], error: type[WaysealError]) -> WaysealError:
    """What is said of a setting that isn't known: the nearest one that is (rule 1)."""
    if near := difflib.get_close_matches(name, known, n=1):
        return error(N_("this is no setting; did you mean {near}?"), near=near[0])
    return error(N_("this is no setting"))


def read_environment(
    prefix: str,
    kind: Callable[..., T],
    error: type[WaysealError],
    others: Mapping[str, str],
    environment: Mapping[str, str],
    /,
    **given: str | None,
) -> T:
    """Reads the settings of the environment.

    Args:
        prefix: Of the variables; those without it are others' business.
        kind: The settings, a dataclass.
        error: For what can't be (rule 1).
        others: Variables beside those with the prefix, and the settings that they are; the prefix wins.
        environment: Names and values.
        **given: Settings that options of the command name, and that win; None: they don't.

    Returns:
        The settings.

    Raises:
        WaysealError: `error`.
    """
    known = {prefix + one.name.upper(): one.name for one in fields(kind)}  # type: ignore[arg-type]
    for variable in sorted(environment):
        if variable.startswith(prefix) and variable not in known:
            raise unknown_setting(variable, known, error).at(key=variable)
    known = {**others, **known}
    values = {name: environment[variable] for variable, name in known.items() if variable in environment}
    values |= {name: value for name, value in given.items() if value is not None}
    return read_values(values, kind, error)
