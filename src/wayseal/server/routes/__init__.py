"""The routes, by what they are about."""

from wayseal.server.routes._administration import add_administration
from wayseal.server.routes._disclose import add_disclosure
from wayseal.server.routes._health import add_health
from wayseal.server.routes._log import add_log
from wayseal.server.routes._oauth import add_oauth
from wayseal.server.routes._seal import add_sealing
from wayseal.server.routes._work import add_work

__all__ = ["add_administration", "add_disclosure", "add_health", "add_log", "add_oauth", "add_sealing", "add_work"]
