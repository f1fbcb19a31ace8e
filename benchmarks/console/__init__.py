"""Console: pages, cases, starting."""
