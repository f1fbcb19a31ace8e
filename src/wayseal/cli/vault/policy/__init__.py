"""`wayseal vault policy`: the policy of a vault."""
