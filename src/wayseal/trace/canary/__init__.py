"""Canaries: waybills that only chosen accounts can meet, the register of them, and what they tell."""

from wayseal.trace.canary._work import ENOUGH, RegisterState, parse_time, plan, read_state, record, to_json
from wayseal.trace.errors import CanaryError

__all__ = ["ENOUGH", "CanaryError", "RegisterState", "parse_time", "plan", "read_state", "record", "to_json"]
