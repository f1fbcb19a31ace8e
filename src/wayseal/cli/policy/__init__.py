"""`wayseal policy`: what may be shown for what, to whom; and why not."""
