"""What lies where in a watch's folder; see `_place`."""

SOURCES, CAPTURES, SITES, IMPORTS, LOCK = "sources", "captures", "sites", "imports", "watch.lock"
