from tests.database.places import database, postgresql, url

__all__ = ["database", "postgresql", "url"]
