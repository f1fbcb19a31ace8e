"""A week of the market, told."""
