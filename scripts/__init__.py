"""Tools of the repository: what makes docs and catalogues, and what sets up and checks."""
