"""Entries of the log, made from what was asked and decided."""

from wayseal.vault._acts import Caller
from wayseal.vault.log import Entry, EntryKind


def admin(caller: Caller, now: int, policy: int, act: str, **more: str | int) -> Entry:
    """An administrator's act; `more` holds ids and counts alone."""
    return Entry(
        kind=EntryKind.ADMIN,
        at=now,
        client=caller.client,
        actor=caller.actor,
        request=caller.request,
        via=caller.via,
        ip=caller.ip,
        policy=policy,
        more={"act": act, **more},
    )
