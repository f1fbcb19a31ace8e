"""The console over HTTP: pages, and what stands between them and a browser."""

from wayseal.console.web.app import Site, create_app

__all__ = ["Site", "create_app"]
