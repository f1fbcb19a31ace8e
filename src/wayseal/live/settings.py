"""Settings of the watch as a service, from the environment: WAYSEAL_WATCH_ and the setting in capitals."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.detect.policy import FALSE_ALARM, FALSE_ALARM_VARIABLE
from wayseal.live.errors import WatchSettingsError
from wayseal.live.sources import Start
from wayseal.model.schema import CLOSED, Name
from wayseal.service.settings import NUMBER, WHOLE, File, Flag, check_tls, read_environment

PREFIX = "WAYSEAL_WATCH_"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How the watch runs."""

    __pydantic_config__: ClassVar = CLOSED
    ledger: File
    """The ledger that is watched."""
    source: Name
    """Where events come from, as of `wayseal watch --source`."""
    start: Start = Start.BEGINNING
    """Where to begin in a source of which nothing was taken yet."""
    receivers: File | None = None
    """A file of receivers."""
    blocked_subject: Name | None = None
    """Where the list of blocked accounts goes beside its file: `nats://HOST:PORT/SUBJECT`."""
    notices: File | None = None
    """A file of addresses of Apprise, one a line."""
    templates: File | None = None
    """Templates of work."""
    offset: Name | None = None
    """Of local days, as of `--offset`."""
    false_alarm: Annotated[float, NUMBER, Field(gt=0, allow_inf_nan=False)] = FALSE_ALARM
    """What a false alarm costs, in parcels a day; `WAYSEAL_FALSE_ALARM` sets it for commands, too."""
    segment_seconds: Annotated[int, WHOLE, Field(ge=1, le=3600)] = 300
    """Seconds after which what arrived is brought into the ledger."""
    host: Name = "127.0.0.1"
    port: Annotated[int, WHOLE, Field(ge=0, le=65535)] = 8446
    tls_certificate: File | None = None
    tls_key: File | None = None
    https: Flag = False
    """Without TLS on another address than this machine's own: behind a proxy that does TLS."""
    source_seconds: Annotated[int, WHOLE, Field(ge=1, le=86_400)] = 60
    """A source that is away for longer makes the watch not ready."""
    limits_hours: Annotated[int, WHOLE, Field(ge=1, le=8760)] = 48
    """Limits of a run of detection that is older make it not ready."""
    free_megabytes: Annotated[int, WHOLE, Field(ge=0, le=10_000_000)] = 1024
    """Less room on the ledger's disk makes it not ready."""
    stop_seconds: Annotated[int, WHOLE, Field(ge=0, le=3600)] = 10
    """So long requests that run have at the end."""

    def __post_init__(self) -> None:
        """Settings that go together."""
        check_tls(self, WatchSettingsError, "https")


read_watch_settings = partial(
    read_environment, PREFIX, WatchSettings, WatchSettingsError, {FALSE_ALARM_VARIABLE: "false_alarm"}
)
"""Reads them, as `read_environment` says."""
