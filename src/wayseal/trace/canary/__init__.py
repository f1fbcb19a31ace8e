"""Canaries: waybills that only chosen accounts can meet, the register of them, and what they tell."""

from wayseal.trace.canary._belief import ENOUGH
from wayseal.trace.canary._errors import CanaryError
from wayseal.trace.canary._work import State, parse_time, plan, record, state_of, to_json

__all__ = ["ENOUGH", "CanaryError", "State", "parse_time", "plan", "record", "state_of", "to_json"]
