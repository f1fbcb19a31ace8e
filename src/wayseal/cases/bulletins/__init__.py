"""Bulletins: what the public is told, written by some, approved by another, and corrected in the open."""
