"""`wayseal canary`: waybills that only chosen accounts can meet."""
