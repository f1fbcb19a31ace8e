"""Public tracking: a process of its own, which answers to whoever has a shipment's secret and knows no personal data."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.gate.serve import run_gate
    from wayseal.gate.settings import GateSettings, read_gate_settings

__all__ = ["GateSettings", "read_gate_settings", "run_gate"]

__getattr__ = load_when_asked(
    __name__, {"GateSettings": "settings", "read_gate_settings": "settings", "run_gate": "serve"}
)
