"""Portal: reports under load, guesses, kills."""
