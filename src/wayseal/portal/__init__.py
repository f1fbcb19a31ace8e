"""The public's web: a process of its own, which holds public keys alone and reads nothing once it is stored."""

from wayseal.cases.hotline.letters import FileKind

__all__ = ["FileKind"]
