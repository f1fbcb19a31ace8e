"""`wayseal partners`: partners' interfaces."""
