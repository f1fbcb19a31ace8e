"""Waybill numbers from issue to retirement, and what breaks their order; no personal data."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.numbers.breaches import Breach, BreachKind
    from wayseal.numbers.moves import Numbers
    from wayseal.numbers.tables import open_numbers

__all__ = ["Breach", "BreachKind", "Numbers", "open_numbers"]
__getattr__ = load_when_asked(
    __name__, {"Breach": "breaches", "BreachKind": "breaches", "Numbers": "moves", "open_numbers": "tables"}
)
