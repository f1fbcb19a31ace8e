"""Public tracking: who guesses, who asks honestly, how alike answers are and how quick."""
