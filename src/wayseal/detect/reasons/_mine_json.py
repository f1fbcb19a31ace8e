"""What mining found, for programs. Its keys are public interface; docs/explanations.md lists them."""

from typing import Any

from wayseal.detect.reasons._block import as_toml
from wayseal.detect.reasons._mine import MineResult, TemplateProposal
from wayseal.model.times import iso


def document(result: MineResult) -> dict[str, Any]:
    """All proposals as JSON can hold them."""
    r = result
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "first_reads": r.first_reads,
        "unexplained": r.unexplained,
        "looked_at": r.looked,
        "chance_reads": r.chance,
        "left": r.left,
        "proposals": [_proposal(p) for p in r.proposals],
    }


def _proposal(p: TemplateProposal) -> dict[str, Any]:
    actor, waybill, at = p.example
    return {
        "kind": p.kind,
        "template": None if p.template is None else p.template.name,
        "toml": None if p.template is None else as_toml(p.template),
        "roles": list(p.roles),
        "reads": p.reads,
        "accounts": p.accounts,
        "share": round(p.share, 6),
        "by_chance": round(p.chance, 6),
        "lift": round(p.lift, 2),
        "largest_account": round(p.largest, 4),
        "median_account": p.median,
        "left_out": {"accounts": p.left_out[0], "reads": p.left_out[1]},
        "example": {"actor": actor or None, "waybill": waybill, "at": iso(at)},
    }
