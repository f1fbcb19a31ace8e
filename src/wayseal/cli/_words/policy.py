"""What `wayseal policy` says."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

POLICY_TEXTS = ByLanguage(
    {
        "comma": N_(", ", context="comma"),
        "policy": N_("{purposes} purposes, {rules} rules, SHA-256 {sha256}"),
        "rules": N_("Rules; the first that refuses is told"),
        "roles": N_("  roles: {roles}"),
        "custody": N_("  opened by: {custody}; until {hours} h after delivery"),
        "last_leg": N_("  opened by: {custody}, at the outlet that delivers; until {hours} h after delivery"),
        "ticket": N_("  opened by: a ticket, until {hours} h after delivery"),
        "fields": N_("  shows: {fields}"),
        "lasts": N_("  may be kept for {hours} h"),
        "budget": N_("  a day and account: {sum}, at most {cap}"),
        "outlet_budget": N_("  a day and outlet: {sum}"),
        "bulk": N_("  at once without a second person: {bulk}otherwise 1"),
        "bulk_day": N_("  a day without a second person: {bulk}otherwise as many as at once"),
        "approvers": N_("  may agree to more: {roles}"),
        "nobody": N_("nobody"),
        "revises": N_("  may change: {fields}"),
        "find": N_("  look-ups of phones a day and account: {quota}; waybills that one tells: at most {most}"),
        "checked": N_("In order: {purposes} purposes, {rules} rules, SHA-256 {sha256}"),
        "failed": N_("FAILED  {name}: expected {expected}; got {got}"),
        "passed": N_("{passed} of {cases} cases passed"),
        "never_allowed": N_("No case shows these purposes allowed: {names}"),
        "never_refused": N_("No case shows these purposes refused: {names}"),
        "silent_rules": N_("These rules speak in no case: {names}"),
        "allowed": N_("Allowed by {rule}: {why}"),
        "refused": N_("Refused by {rule}: {why}"),
        "also": N_("Also refused (never told to whoever asks): {rules}"),
        "permits": N_("permits"),
        "refuses": N_("REFUSES"),
        "holds": N_("holds  "),
        "looked": N_("  [{values}]"),
    }
)
