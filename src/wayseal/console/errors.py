"""Errors of the console; no text holds a secret, a password, a code or what somebody typed."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class ConsoleError(WaysealError):
    """Something that the console can't do, or can't run with."""

    exit_code: ClassVar[int] = 3


class ConsoleSettingsError(ConsoleError):
    """A setting that can't be as it is; names the setting, never its value."""


class RouteError(ConsoleError):
    """A route that doesn't say who may call it."""


class JobError(ConsoleError):
    """A job that can't be asked for, or came to no good end; names no person and no waybill."""


class JobCancelledError(JobError):
    """Somebody ended it."""


class JobTurnError(JobError):
    """Another job has to come to its end first."""


class JobStoppedError(JobError):
    """The console ended while it ran."""


class AccessError(ConsoleError):
    """Somebody can't be let in, or what was typed can't be taken. key: the field that it is about."""


class UploadError(AccessError):
    """Files that can't be taken: too many, too large, not from a page of ours, or the disk refuses them."""


class SignInError(AccessError):
    """Login, password or code don't fit; it doesn't say which."""


class ThrottledError(AccessError):
    """Too many attempts. seconds: until the next one counts."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "too many attempts: try again in {seconds} {seconds:second|seconds}; nothing was checked now",
            seconds=seconds,
        )
        self.seconds = seconds


class ProviderError(AccessError):
    """The company's sign-in can't be asked now."""


class LinkError(AccessError):
    """A one-time link or code that was used, has expired, or never was."""


class TraceWorkError(ConsoleError):
    """A basket or a run that can't be as it was asked for. key: the field that it is about."""


class StaleNumberError(TraceWorkError):
    """Somebody changed a number meanwhile, and nothing was written. theirs: as it stands now; None: it is gone."""

    def __init__(self, theirs: object | None) -> None:
        super().__init__("somebody changed this number meanwhile; nothing was written")
        self.theirs = theirs
