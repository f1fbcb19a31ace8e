"""The public's web: a process of its own, which holds public keys alone and reads nothing once it is stored."""

from wayseal.portal._clean import FileKind

__all__ = ["FileKind"]
