"""A casebook beside its ledger: where it lies, detection that makes cases, and a case as a pack of evidence.

Whoever puts rooms together (the command line, the console's jobs) finds here what both do in the same way:
`cases.ledger.casebook`, `cases.ledger.detection` and `cases.ledger.pack`.
"""
