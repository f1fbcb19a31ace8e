"""The public's web: a process of its own, which holds public keys alone and reads nothing once it is stored."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.portal.serve import run_portal
    from wayseal.portal.settings import PortalSettings, read_portal_settings

__all__ = ["PortalSettings", "read_portal_settings", "run_portal"]

__getattr__ = load_when_asked(
    __name__, {"PortalSettings": "settings", "read_portal_settings": "settings", "run_portal": "serve"}
)
