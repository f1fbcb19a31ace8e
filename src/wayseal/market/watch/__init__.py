"""What became of shops and offers that were seen: asked to be removed, gone, back; and when to look again.

1. A look that could not see (login, captcha, error page, another shape) changes no state: it is counted, told after
   `Policy.blind_after` in a row, and told again when it can see.
2. Gone is what was missed `Policy.misses` times in a row, in two ways of looking, over `Policy.hours` and more. With
   one way only, it is missed and never gone.
3. What is gone after somebody asked for it is removed; a site's word changes nothing until it is seen to be gone.
4. Whoever is gone or removed is looked at for a year: every few hours, then every few days. Seen again, he is back, and
   that is told at once.
5. A shop that linking joins with one that is gone or removed is a come-back, told once, with the look at which it was.
6. Each planned look is made or named with the reason for which it was not; what is neither is counted, too.
7. Pure: time and jitter are passed in.
"""

from wayseal.market.watch._account import NotMade, account
from wayseal.market.watch._come_backs import ComeBack, find_come_backs
from wayseal.market.watch._schedule import Planned, next_looks
from wayseal.market.watch._states import first_seen, step

__all__ = ["ComeBack", "NotMade", "Planned", "account", "find_come_backs", "first_seen", "next_looks", "step"]
