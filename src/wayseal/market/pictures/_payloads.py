"""What a QR code's payload leads to: a handle of somebody, or nothing of that sort.

1. Hosts and forms are those by which the services' own codes are known; a payload of no known form is a handle of kind
   QR, as two sellers who show the same one are one.
2. What stands on labels leads to no seller: a payload with a waybill number, or of bars.
3. A payload is only read. Nothing here follows an address.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from wayseal.market.types import Handle, HandleKind

_LONGEST = 512
_CODES = frozenset({"QRCode", "MicroQRCode", "Aztec", "DataMatrix", "PDF417"})
_SCHEMES = {"wxp": HandleKind.PAYMENT, "alipayqr": HandleKind.PAYMENT, "alipays": HandleKind.PAYMENT} | {
    "tel": HandleKind.PHONE, "mailto": HandleKind.EMAIL, "matmsg": HandleKind.EMAIL, "tg": HandleKind.TELEGRAM,
    "bitcoin": HandleKind.PAYMENT, "ethereum": HandleKind.PAYMENT, "tron": HandleKind.PAYMENT,
}  # fmt: skip
_HOSTS: tuple[tuple[str, HandleKind], ...] = (
    ("qr.alipay.com", HandleKind.PAYMENT),
    ("render.alipay.com", HandleKind.PAYMENT),
    ("payapp.weixin.qq.com", HandleKind.PAYMENT),
    ("u.wechat.com", HandleKind.WECHAT),
    ("weixin.qq.com", HandleKind.WECHAT),
    ("qm.qq.com", HandleKind.QQ),
    ("qun.qq.com", HandleKind.INVITE),
    ("jq.qq.com", HandleKind.INVITE),
    ("t.me", HandleKind.TELEGRAM),
    ("telegram.me", HandleKind.TELEGRAM),
)
_GROUP = re.compile(r"^/(?:g/|\+|joinchat/)")
_WALLET = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}|0x[0-9a-fA-F]{40}|(?:bc1|[13])[0-9A-Za-z]{25,60}")


def handle_of(kind: str, payload: str, is_number: Callable[[str], bool]) -> Handle | None:
    """The handle that a code's payload is.

    Args:
        kind: The code's format.
        payload: What it says.
        is_number: Whether a payload holds a waybill number.

    Returns:
        The handle; None if it leads to nobody (rule 2).
    """
    text = payload.strip()
    if kind not in _CODES or not text or is_number(text):
        return None
    if _WALLET.fullmatch(text):
        return Handle(kind=HandleKind.PAYMENT, value=text)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return Handle(kind=HandleKind.QR, value=text[:_LONGEST])
    scheme = parts.scheme.lower()
    if scheme in _SCHEMES:
        return Handle(kind=_SCHEMES[scheme], value=_bare(_SCHEMES[scheme], text, parts.path))
    if scheme in ("http", "https") and host:
        return _of_address(host, parts.path, text)
    return Handle(kind=HandleKind.QR, value=text[:_LONGEST])


def _bare(kind: HandleKind, text: str, path: str) -> str:
    """A phone or an address of mail by itself, in the spelling in which it stands in texts; others whole."""
    if kind is HandleKind.PHONE:
        return re.sub(r"[^0-9+]", "", path).removeprefix("+86")
    if kind is HandleKind.EMAIL and "@" in path and ";" not in path:
        return path.lower()
    return text[:_LONGEST]


def _of_address(host: str, path: str, text: str) -> Handle:
    for known, kind in _HOSTS:
        if host == known or host.endswith(f".{known}"):
            group = kind in (HandleKind.TELEGRAM, HandleKind.WECHAT) and _GROUP.match(path) is not None
            if kind is HandleKind.TELEGRAM and not group:
                return Handle(kind=kind, value=path.strip("/").split("/")[0].lower())
            return Handle(kind=HandleKind.INVITE if group else kind, value=text[:_LONGEST])
    return Handle(kind=HandleKind.QR, value=text[:_LONGEST])
