"""`wayseal market`: offers of waybill numbers and of people's data, watched."""
