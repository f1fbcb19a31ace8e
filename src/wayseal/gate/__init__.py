"""Public tracking: a process of its own, which answers to whoever has a parcel's secret and knows no personal data."""

from wayseal.gate.settings import GateSettings, read_gate_settings

__all__ = ["GateSettings", "read_gate_settings"]
