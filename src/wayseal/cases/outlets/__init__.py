"""Outlets that are held to account: what is expected of each, a month's figures, audits, measures and objections.

`outlets.scores` weighs counts, `outlets.month` makes and keeps a month's, `outlets.acts` is the record of what people
did about outlets, and `outlets.report` sets a month's report.
"""
