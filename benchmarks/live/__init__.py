"""Stream: whom it tells of, how soon and how fast, and what remains when things break."""
