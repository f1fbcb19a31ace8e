"""Where a parcel was and whose work it was, when: the one definition for policy, detection and tracing."""

from wayseal.custody._stays import pickup_times, stays, touches

__all__ = ["pickup_times", "stays", "touches"]
