"""Public tracking: answers for live parcels, to whoever has a shipment's secret; can't read personal data."""
