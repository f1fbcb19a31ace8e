"""The console over HTTP: pages, and what stands between them and a browser."""
