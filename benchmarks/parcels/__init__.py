"""Parcels that never were: recall by skill beside other methods, senders, days, honest oddities; and time and memory."""
