"""Notices of new cases: to 钉钉, 飞书, 企业微信, mail or a webhook, by the addresses of Apprise.

1. A notice names no account and no waybill: ids of cases, scores, how many accounts. Who may know more looks it up.
2. An address holds a secret, so none stands in an error, a log or the list of processes where it can be avoided: it may
   come from a file or the environment, and is told by its place in the list and its service.
3. What could not be sent waits in the outbox for the next run. Whatever fails with one address, the others are tried.
4. An address that Apprise can't read is refused before the work begins.
5. Each address gets its notices in their order: where one fails after `PAUSES`, those behind it wait as well.
6. A webhook (`json`, `jsons`) gets as JSON all that a notice says, and its id, by which a receiver knows it again.
"""

from wayseal.cases.notices._outbox import DAYS, FILE, Left, OutboxError, count_waiting
from wayseal.cases.notices._send import Sent, find_unknown, noticing, read_address_file, send_waiting, service_of

__all__ = [
    "DAYS",
    "FILE",
    "Left",
    "OutboxError",
    "Sent",
    "count_waiting",
    "find_unknown",
    "noticing",
    "read_address_file",
    "send_waiting",
    "service_of",
]
