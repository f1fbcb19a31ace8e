"""The hotline: reports that only staff can read, and what becomes of them.

The portal, which holds public keys only, works with `letters`, `sealing`, `receipts` and `mailbox`, and imports each by
its name: this package itself imports nothing. `keyring` has the private half.
"""
