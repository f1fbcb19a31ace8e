"""Outlets that are held to account: a month's figures, what people did about them, and how both are told.

`scores` weighs counts, `month` makes and keeps a month's, `acts` is the record, `report` says it in blocks.
"""
