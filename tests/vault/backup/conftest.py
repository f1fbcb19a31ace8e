from tests.store.database.places import database, postgresql, url

__all__ = ["database", "postgresql", "url"]
