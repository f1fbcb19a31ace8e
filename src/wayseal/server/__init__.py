"""The HTTP service: an API over a vault, and what runs it."""

from wayseal.server.app import Limits, create_app
from wayseal.server.errors import ServerError, SettingsError
from wayseal.server.serve import run
from wayseal.server.settings import Settings, read_settings

__all__ = ["Limits", "ServerError", "Settings", "SettingsError", "create_app", "read_settings", "run"]
