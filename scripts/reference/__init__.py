"""Reference pages of the docs, made from the code: commands, the HTTP API, the client for Python.

Only what no docstring can say is committed, in docs/reference; the made part takes the place of a mark there when the
site is built (`scripts.site`). Links in docstrings name pages by their files alone (`ledger.md#retention`), wherever in
docs/ these lie. `python -m scripts.reference` brings the catalogue of help up to date.
"""
