"""Rule sets, and the two functions that everybody calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_
from wayseal.vault.masks._address_words import ADDRESSES, ADDRESSES_REGION
from wayseal.vault.masks._addresses import address_mask
from wayseal.vault.masks._goods import GOODS, GOODS_OTHER, goods_mask
from wayseal.vault.masks._names import NAMES, name_mask
from wayseal.vault.masks._normalize import LONGEST
from wayseal.vault.masks._phones import OTHER, PHONES, PHONES_TWO, phone_mask
from wayseal.vault.masks._rule import HIDDEN, Mask, MaskRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rows of rules by kind of field, and what runs them. id: how purposes and policies name it; says: in words."""

    id: str
    says: str
    rows: Mapping[FieldKind, tuple[MaskRule, ...]]
    masks: Mapping[FieldKind, Mask] = field(repr=False, compare=False)


def rule_set(
    id: str,  # noqa: A002
    says: str,
    *,
    names: tuple[MaskRule, ...],
    phones: tuple[MaskRule, ...],
    addresses: tuple[MaskRule, ...],
    goods: tuple[MaskRule, ...],
) -> RuleSet:
    """A rule set of rows, compiled."""
    kinds = FieldKind
    rows = {kinds.NAME: names, kinds.PHONE: phones, kinds.ADDRESS: addresses, kinds.GOODS: goods}
    masks = {
        kinds.NAME: name_mask(names),
        kinds.PHONE: phone_mask(phones),
        kinds.ADDRESS: address_mask(addresses),
        kinds.GOODS: goods_mask(goods),
    }
    return RuleSet(id=id, says=says, rows=MappingProxyType(rows), masks=MappingProxyType(masks))


GB_T_41833 = rule_set(
    "gb-t-41833-2022",
    N_(
        "Express electronic waybill (GB/T 41833-2022): one character of a name, six digits of a phone, unit and room "
        "hidden"
    ),
    names=NAMES,
    phones=(*PHONES, OTHER),
    addresses=ADDRESSES,
    goods=(*GOODS, GOODS_OTHER),
)
MINIMAL = rule_set(
    "minimal",
    N_("Least: family name, last two digits of a phone, address up to the district, no goods; for hubs and linehaul"),
    names=NAMES,
    phones=(*PHONES_TWO, OTHER),
    addresses=ADDRESSES_REGION,
    goods=(GOODS_OTHER,),
)
RULE_SETS: Mapping[str, RuleSet] = MappingProxyType({rules.id: rules for rules in (GB_T_41833, MINIMAL)})
"""Every rule set by its id."""


def mask(value: str, kind: FieldKind, rules: RuleSet = GB_T_41833) -> str:
    """Mask a value by a rule set. Never fails; what it can't read is hidden whole (rules 1 and 2)."""
    return rules.masks[kind](value) if len(value) <= LONGEST else HIDDEN
