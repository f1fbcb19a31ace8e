"""The vault: waybill data sealed, shown by purpose, and a log of what was shown that can't be changed unseen."""
