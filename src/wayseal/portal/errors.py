"""Errors of the portal; none holds a word of what somebody typed."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class PortalError(WaysealError):
    """Something that the portal can't do, or can't run with."""

    exit_code: ClassVar[int] = 3


class PortalSettingsError(PortalError):
    """A setting that can't be as it is; names the setting, never its value."""


class FormError(PortalError):
    """What was sent can't be taken. key: the field that it is about."""
