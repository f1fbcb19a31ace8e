"""Masks by rule set: what is shown of a name, phone, address or goods to whoever needs no more."""

from wayseal.vault.masks._addresses import region
from wayseal.vault.masks._rule import MaskRule
from wayseal.vault.masks._rule_sets import GB_T_41833, RULE_SETS, RuleSet, mask

__all__ = ["GB_T_41833", "RULE_SETS", "MaskRule", "RuleSet", "mask", "region"]
