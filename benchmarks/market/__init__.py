"""Market: reading adverts and labels, watching sites, linking sellers."""
