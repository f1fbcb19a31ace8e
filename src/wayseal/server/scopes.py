"""Scopes of routes: one table of who may call which, and nothing beside it.

1. A route that isn't in the table answers 403, whoever asks.
2. A route without a scope is open to all; each of these says why.
3. Everything else needs a token with the scope of its route, and nothing more than that.
4. What a scope of `ACTORLESS` opens is shown to a system and to nobody behind it: a client needs no actor for it.

The log's checkpoint and tiles hold nothing personal (leaves are salted hashes), but their size tells how much is
shown, by the minute: a thief's gauge and a competitor's. So they need `log`; a witness or an auditor gets a client.
"""

from typing import Final

from wayseal.vault import approvals

SEAL: Final = "seal"
REVISE: Final = "revise"
DISCLOSE: Final = "disclose"
FIND: Final = "find"
WORK: Final = "work"
DIRECTORY: Final = "directory"
BLOCK: Final = "block"
APPROVE: Final = approvals.SCOPE
ERASE: Final = "erase"
POLICY_READ: Final = "policy:read"
POLICY_WRITE: Final = "policy:write"
LOG: Final = "log"
PROVE: Final = "prove"
METRICS: Final = "metrics"
ISSUE: Final = "numbers:issue"
MOVE: Final = "numbers:move"
READS: Final = "numbers:reads"
BIND: Final = "bindings"
ASK: Final = "bindings:ask"
ALIAS: Final = "alias"
STAND_IN: Final = "stand_in"
HANDOVER: Final = "handover"
OVERRIDE: Final = "handover:override"
SHOW_CODE: Final = "handover:code"
COURIER: Final = "courier"

SCOPES: Final = {
    SEAL: "Seal waybill data.",
    REVISE: "Change what is sealed.",
    DISCLOSE: "Ask to see sealed data, and ask for an approval of bulk.",
    FIND: "Look a phone up.",
    WORK: "Report scans and tickets.",
    DIRECTORY: "Put actors into the directory.",
    BLOCK: "Put actors on the blocked list and take them off.",
    APPROVE: "Agree to bulk that another asked for.",
    ERASE: "Erase a waybill's key.",
    POLICY_READ: "Read the policy in force.",
    POLICY_WRITE: "Put another policy in force.",
    LOG: "Read checkpoints and tiles of the log.",
    PROVE: "Take proofs of entries, which show who asked for what.",
    METRICS: "Read the service's metrics.",
    ISSUE: "Issue blocks of numbers.",
    MOVE: "Report what becomes of numbers: scans, closes and the like, and binds.",
    READS: "Report reads of numbers.",
    BIND: "Bind numbers that the client holds to orders.",
    ASK: "Ask whether a number stands for an order.",
    ALIAS: "Get virtual numbers of recipients.",
    STAND_IN: "Say what is printed instead of a recipient's own name, address and phone.",
    HANDOVER: "Check handover codes.",
    OVERRIDE: "Hand over without a code, after three wrong ones.",
    SHOW_CODE: "Get handover codes for recipients, with the shipment's secret.",
    COURIER: "Get the code of the minute that a courier shows.",
}

ACTORLESS: Final = frozenset({LOG, METRICS})
"""Scopes of rule 4."""

ROUTES: Final[dict[tuple[str, str], str | None]] = {
    ("POST", "/v1/waybills/{waybill}/disclose"): DISCLOSE,
    ("POST", "/v1/disclose"): DISCLOSE,
    ("POST", "/v1/tokens/disclose"): DISCLOSE,
    ("POST", "/v1/waybills"): SEAL,
    ("POST", "/v1/waybills/batch"): SEAL,
    ("PATCH", "/v1/waybills/{waybill}"): REVISE,
    ("POST", "/v1/waybills/{waybill}/erase"): ERASE,
    ("POST", "/v1/find"): FIND,
    ("POST", "/v1/scans"): WORK,
    ("POST", "/v1/tickets"): WORK,
    ("POST", "/v1/actors"): DIRECTORY,
    ("POST", "/v1/actors/{actor}/block"): BLOCK,
    ("POST", "/v1/actors/{actor}/unblock"): BLOCK,
    ("POST", "/v1/approvals"): DISCLOSE,
    ("POST", "/v1/approvals/{approval}/approve"): APPROVE,
    ("GET", "/v1/policy"): POLICY_READ,
    ("POST", "/v1/policy"): POLICY_WRITE,
    ("GET", "/v1/log/checkpoint"): LOG,
    ("GET", "/v1/log/tile/{level}/{index:path}"): LOG,
    ("GET", "/v1/log/entries/{seq}/proof"): PROVE,
    ("GET", "/metrics"): METRICS,
    ("POST", "/v1/numbers"): ISSUE,
    ("POST", "/v1/numbers/moves"): MOVE,
    ("POST", "/v1/numbers/{number}/{move}"): MOVE,
    ("POST", "/v1/numbers/reads"): READS,
    ("POST", "/v1/bindings"): BIND,
    ("POST", "/v1/bindings/ask"): ASK,
    ("POST", "/v1/waybills/{waybill}/alias"): ALIAS,
    ("PUT", "/v1/waybills/{waybill}/stand-ins"): STAND_IN,
    ("POST", "/v1/handovers"): HANDOVER,
    ("POST", "/v1/handovers/override"): OVERRIDE,
    ("POST", "/v1/waybills/{waybill}/handover-code"): SHOW_CODE,
    ("POST", "/v1/waybills/{waybill}/courier-code"): COURIER,
    # Rule 2. Whoever asks for a token has none yet.
    ("POST", "/oauth/token"): None,
    # Public keys are public.
    ("GET", "/oauth/keys"): None,
    ("GET", "/v1/bindings/key"): None,
    # Supervisors and load balancers have no client; the answers say yes or no and nothing else.
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    # What the documentation says anyway.
    ("GET", "/openapi.json"): None,
}
"""(method, route) → the scope it needs; None: open to all."""
