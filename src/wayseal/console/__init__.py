"""The staff's web: who may use it (`console.access`), what it shows (`console.web`), what runs it (`console.serve`).

1. Deny by default: a route says which roles may call it, and one that doesn't stops the start (`console.roles`).
2. It imports no vault: what personal data there is, it asks of the vault's service, which writes the look down first.
3. Nothing of a page comes from elsewhere, and nothing in it is inline: the policy of its content has no exception.
"""

from wayseal.console.access import Access
from wayseal.console.errors import ConsoleError
from wayseal.console.roles import Page, Role
from wayseal.console.settings import ConsoleSettings, read_console_settings
from wayseal.console.web.app import Site, create_app

__all__ = ["Access", "ConsoleError", "ConsoleSettings", "Page", "Role", "Site", "create_app", "read_console_settings"]
