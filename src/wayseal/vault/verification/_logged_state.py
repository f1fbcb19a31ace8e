"""What the tables should hold, as the entries of the log say.

1. Each act that changed a table left an entry, in the same transaction: put together in their order they say what
   stands in it now.
2. Each act goes on from what the ones before left. One that doesn't was done after somebody had put older rows back, or
   deleted some: the table holds then what its entry says, and `steps` alone tells.
3. Where an entry can't be read any more (it was erased, or somebody changed it), rows that it may have told of are
   left alone: `complete` says whether everything was read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from wayseal.vault.log import Entry, EntryKind
from wayseal.vault.log.row_records import read_rows

Row = dict[str, Any]


@dataclass(slots=True)
class LoggedState:
    """Rows by key, as far as entries tell them.

    steps: places of acts that don't go on from those before (rule 2). directory: its version. sealed: how many records.
    revised: the last revision of each. erased: when. scans: of each report, by its place, how many rows it had and
    their hash.
    """

    complete: bool = True
    steps: list[int] = field(default_factory=list)
    directory: int = 0
    sealed: int = 0
    revised: dict[str, int] = field(default_factory=dict)
    erased: dict[str, int] = field(default_factory=dict)
    policies: dict[int, Row] = field(default_factory=dict)
    actors: dict[str, Row] = field(default_factory=dict)
    clients: dict[str, Row] = field(default_factory=dict)
    tickets: dict[str, Row] = field(default_factory=dict)
    approvals: dict[str, Row] = field(default_factory=dict)
    scans: dict[int, tuple[int, str]] = field(default_factory=dict)


def read_state(entries: Iterable[tuple[int, Entry | None]]) -> LoggedState:
    """Rules 1 to 3. LogChangedError where an entry doesn't say what such an entry says."""
    state = LoggedState()
    for seq, entry in entries:
        if entry is None:
            state.complete = False
        elif entry.kind is EntryKind.SEALED:
            state.sealed += int(entry.more.get("waybills", 0))
        elif entry.kind is EntryKind.REVISED and entry.waybill is not None:
            revision = int(entry.more["revision"])
            _expect(state, seq, revision == state.revised.get(entry.waybill, 1) + 1)
            state.revised[entry.waybill] = revision
        elif entry.kind is EntryKind.DISCLOSED and "approval" in entry.more and "replay" not in entry.more:
            state.approvals.get(str(entry.more["approval"]), {"left": 0})["left"] -= 1
        elif entry.kind is EntryKind.ADMIN:
            act = _ACTS.get(str(entry.more["act"]))
            state.directory += act in _OF_DIRECTORY
            if act is not None:
                act(state, seq, entry)
    return state


def _expect(state: LoggedState, seq: int, fits: bool) -> None:
    """Rule 2."""
    if not fits and state.complete:
        state.steps.append(seq)


def _activate_policy(state: LoggedState, seq: int, entry: Entry) -> None:
    _expect(state, seq, entry.policy == len(state.policies) + 1)
    state.policies[entry.policy] = {
        "sha256": entry.more.get("sha256"),
        "activated_at": entry.at,
        "activated_by": entry.actor,
        "entry": seq,
    }


def _put_actors(state: LoggedState, seq: int, entry: Entry) -> None:
    del seq
    for row in read_rows(entry.more):
        # Who is blocked stays so, whatever the row said from which the vault went on.
        blocked = state.actors.get(row["actor"], {}).get("blocked_at")
        state.actors[row["actor"]] = {"blocked_at": blocked, **row}


def _block(state: LoggedState, seq: int, entry: Entry) -> None:
    del seq
    row = state.actors.get(str(entry.more["actor"]))
    if row is not None:
        row["blocked_at"] = entry.at if entry.more["act"] == "blocked" else None


def _add_client(state: LoggedState, seq: int, entry: Entry) -> None:
    said = entry.more
    _expect(state, seq, str(said["client"]) not in state.clients)
    state.clients[str(said["client"])] = {
        "secret": said.get("secret"),
        "scopes": said.get("scopes", ""),
        "actor": said.get("actor"),
        "acts_for": said.get("acts_for", ""),
        "per_second": said.get("per_second"),
        "certificate_sha256": said.get("certificate"),
        "created_at": entry.at,
        "disabled_at": None,
    }


def _change_client(state: LoggedState, seq: int, entry: Entry) -> None:
    del seq
    row = state.clients.get(str(entry.more["client"]))
    if row is None:
        return
    match entry.more["act"]:
        case "client_disabled":
            row["disabled_at"] = entry.at
        case "client_roles":
            row["acts_for"] = entry.more.get("acts_for", "")
        case _:
            row["secret"] = entry.more.get("secret")


def _put_tickets(state: LoggedState, seq: int, entry: Entry) -> None:
    for row in read_rows(entry.more):
        state.tickets[row["ticket"]] = {"kind": None, "closed_at": None, **row, "entry": seq}


def _report_scans(state: LoggedState, seq: int, entry: Entry) -> None:
    state.scans[seq] = int(entry.more["rows"]), str(entry.more["sha256"])


def _ask_approval(state: LoggedState, seq: int, entry: Entry) -> None:
    del seq
    state.approvals[str(entry.more["approval"])] = {
        "actor": entry.actor,
        "client": entry.client,
        "purpose": entry.more["purpose"],
        "most": entry.more["most"],
        "left": entry.more["most"],
        "asked_at": entry.at,
        "approved_by": None,
        "approved_at": None,
    }


def _give_approval(state: LoggedState, seq: int, entry: Entry) -> None:
    del seq
    row = state.approvals.get(str(entry.more["approval"]))
    if row is not None:
        row.update(approved_by=entry.actor, approved_at=entry.at)


def _erase(state: LoggedState, seq: int, entry: Entry) -> None:
    del seq
    state.erased[str(entry.more["waybill"])] = int(entry.more.get("erased_at", entry.at))


_ACTS: dict[str, Callable[[LoggedState, int, Entry], None]] = {
    "policy_activated": _activate_policy,
    "actors_put": _put_actors,
    "blocked": _block,
    "unblocked": _block,
    "client_added": _add_client,
    "client_disabled": _change_client,
    "client_secret": _change_client,
    "client_roles": _change_client,
    "tickets": _put_tickets,
    "scans": _report_scans,
    "approval_asked": _ask_approval,
    "approval_given": _give_approval,
    "erased": _erase,
}
_OF_DIRECTORY = frozenset((_put_actors, _block, _add_client, _change_client))
