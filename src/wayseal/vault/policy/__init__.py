"""Who may see what of a waybill, for what: purposes as data, rules as Cedar text, budgets. All pure.

Budgets stand in `wayseal.vault.policy.budgets`, cases and explanations in `wayseal.vault.policy.cases`.
"""

from wayseal.vault.policy._policy import Decision, Policy, PolicyRequest, default_texts
from wayseal.vault.policy._purposes import Purpose, Work

__all__ = ["Decision", "Policy", "PolicyRequest", "Purpose", "Work", "default_texts"]
