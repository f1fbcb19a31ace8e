"""The hotline: reports that only staff can read, and what becomes of them."""
