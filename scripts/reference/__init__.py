"""Reference pages of the docs, made from the code: commands, the HTTP API, the client for Python.

`make docs` writes them. What no docstring can say stands in fragments in docs/reference; a line `<!-- made -->` in one
is where the made part goes. Links in docstrings and fragments are written as seen from docs/.
"""
