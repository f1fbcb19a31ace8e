"""The HTTP service: an API over a vault, and what runs it.

The app stands in `wayseal.server.app`, what runs it in `wayseal.server.serve`: whoever needs the settings alone doesn't
wait for the framework.
"""

from wayseal.server.errors import ServerError, SettingsError
from wayseal.server.settings import Settings, read_settings

__all__ = ["ServerError", "Settings", "SettingsError", "read_settings"]
