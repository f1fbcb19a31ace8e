"""Waybill numbers from issue to retirement: how fast they are issued and moved, and what is left after kills."""
