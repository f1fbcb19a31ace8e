"""Parcels: recall of those that never were by skill, senders, days, honest oddities; time and memory."""
