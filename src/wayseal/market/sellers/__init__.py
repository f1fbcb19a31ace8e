"""Who sells: offers linked by what they have in common, so that a shop that was closed is known when it is back.

1. Evidence adds up, in nats, against a prior: two shops out of all that are watched are hardly ever one seller's. From
   `THRESHOLD` on they are told as one; `_weigh` says what each signal is worth, and why.
2. Signals in order of weight: the site's own shop, a handle (invite, phone, QQ, WeChat, payment, QR code), a near-same
   picture or its mirror, a near-same text; style and rhythm tip what others brought up (but see 8).
3. What many use at the same time who have other contacts of their own links nobody: an agency's footer and its handle,
   a stock picture, a text that all copy. Footers are learnt: stretches of text that so many share.
4. Pictures and texts alone make no chains: who joins several shops that way must resemble their centre, and such a
   group has an end.
5. A person's word comes first: what was joined stays together, what was split stays apart, and either can be undone.
6. Each link names its signal, its weight, two offers and the captures behind them. No value of a handle is in it.
7. Pure: no clock, no randomness; the same offers give the same sellers, in whichever order they come to `link_all`.
8. Where it is known which shops are gone, a shop that begins is one of their sellers' the likelier the sooner it began
   after them and the fewer went about then. How alike two write is worth what strangers leave of it. Together they
   link whom nothing else links, where that is likely against all others who went and against somebody new.
"""

from wayseal.market.sellers._sellers import Sellers, link_all
from wayseal.market.sellers._weigh import Join, Link, Offer, Seller, Signal, Split

__all__ = ["Join", "Link", "Offer", "Seller", "Sellers", "Signal", "Split", "link_all"]
