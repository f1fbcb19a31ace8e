"""Waybill numbers from issue to retirement, and what breaks their order; no personal data."""
