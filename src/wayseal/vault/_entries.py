"""Entries of the log, made from what was asked and decided."""

from typing import Any

from wayseal.vault._acts import Caller
from wayseal.vault.log import Entry, EntryKind


def entry(kind: EntryKind, caller: Caller, now: int, policy: int, **rest: Any) -> Entry:
    """An entry about a caller's request, under a version of the policy; `rest`: further fields of `Entry`."""
    return Entry(
        kind=kind,
        at=now,
        client=caller.client,
        actor=caller.actor,
        request=caller.request,
        via=caller.via,
        ip=caller.ip,
        policy=policy,
        **rest,
    )


def admin(caller: Caller, now: int, policy: int, act: str, **more: str | int) -> Entry:
    """An administrator's act; `more` holds ids and counts alone."""
    return entry(EntryKind.ADMIN, caller, now, policy, more={"act": act, **more})
