"""Why the service itself says no: rules with their HTTP status and their words, in one table.

What the vault refuses carries rules of its own.
"""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """A reason of the service; stands as `rule` in a problem."""

    BAD_BODY = "bad_body"
    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    CERTIFICATE = "certificate"
    SCOPE_MISSING = "scope_missing"
    NOT_ALLOWED = "not_allowed"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    METHOD = "method"
    SLOW_BODY = "slow_body"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    INVALID = "invalid"
    RATE = "rate"
    FAILURES = "failures"
    HEADERS = "headers"
    INTERNAL = "internal"
    BUSY = "busy"
    DATABASE = "database"
    STOPPING = "stopping"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a rule is told."""

    status: int
    title_en: str
    title_zh: str
    en: str
    zh: str


def _words(status: int, title_en: str, title_zh: str, en: str, zh: str) -> Words:
    return Words(status=status, title_en=title_en, title_zh=title_zh, en=en, zh=zh)


_AGAIN_EN = "Ask again after the time that Retry-After gives."
_AGAIN_ZH = "请在 Retry-After 给出的时间之后重试。"

WORDS = {
    Rule.BAD_BODY: _words(400, "Body can't be read", "请求体无法读取", "The body is no JSON.", "请求体不是 JSON。"),
    Rule.TOKEN_MISSING: _words(
        401, "Token needed", "需要令牌", "Send an access token as Bearer.", "请以 Bearer 方式发送访问令牌。"
    ),
    Rule.TOKEN_INVALID: _words(
        401, "Token not valid", "令牌无效", "The access token is not valid, or not any more.", "访问令牌无效或已失效。"
    ),
    Rule.CERTIFICATE: _words(
        401,
        "Certificate needed",
        "需要证书",
        "This client has to present the certificate that it is bound to.",
        "该客户端必须出示与其绑定的证书。",
    ),
    Rule.SCOPE_MISSING: _words(
        403,
        "Scope missing",
        "缺少权限范围",
        "The token lacks the scope of this route.",
        "令牌缺少该接口所需的权限范围。",
    ),
    Rule.NOT_ALLOWED: _words(403, "Not allowed", "不允许", "Nobody may use this route.", "任何人都不得使用该接口。"),
    Rule.REFUSED: _words(403, "Refused", "已拒绝", "A rule of the vault refuses.", "封缄库的规则拒绝了该请求。"),
    Rule.NOT_FOUND: _words(404, "Not found", "不存在", "There is nothing here.", "此处没有内容。"),
    Rule.METHOD: _words(
        405, "Method not allowed", "方法不允许", "This address takes other methods.", "该地址只接受其他方法。"
    ),
    Rule.SLOW_BODY: _words(408, "Too slow", "传输过慢", "The body took too long to arrive.", "请求体传输超时。"),
    Rule.CONFLICT: _words(
        409,
        "Conflict",
        "冲突",
        "The idempotency key stands for another request.",
        "该幂等键已用于另一请求。",
    ),
    Rule.TOO_LARGE: _words(413, "Too large", "请求过大", "The body is too large.", "请求体过大。"),
    Rule.MEDIA_TYPE: _words(
        415, "Media type not supported", "不支持的媒体类型", "Send application/json.", "请发送 application/json。"
    ),
    Rule.INVALID: _words(
        422,
        "Not valid",
        "内容无效",
        "Fields can't be as they are; `errors` names them.",
        "部分字段不符合要求，见 `errors`。",
    ),
    Rule.RATE: _words(
        429,
        "Too many requests",
        "请求过多",
        f"The client asks faster than it may. {_AGAIN_EN}",
        f"客户端的请求速度超过限额。{_AGAIN_ZH}",
    ),
    Rule.FAILURES: _words(
        429,
        "Too many failures",
        "失败次数过多",
        f"Too many failed sign-ins. {_AGAIN_EN}",
        f"认证失败次数过多。{_AGAIN_ZH}",
    ),
    Rule.HEADERS: _words(
        431, "Headers too large", "请求头过大", "The request's headers are too large.", "请求头过大。"
    ),
    Rule.INTERNAL: _words(
        500,
        "Internal error",
        "内部错误",
        "Something broke; the log has it under this request's id.",
        "发生内部错误，日志中以该请求编号记录。",
    ),
    Rule.BUSY: _words(503, "Busy", "繁忙", f"Too many requests wait. {_AGAIN_EN}", f"等待中的请求过多。{_AGAIN_ZH}"),
    Rule.DATABASE: _words(
        503,
        "Database not reachable",
        "数据库不可用",
        f"The database can't be used now; nothing was shown. {_AGAIN_EN}",
        f"数据库暂不可用，未展示任何数据。{_AGAIN_ZH}",
    ),
    Rule.STOPPING: _words(
        503, "Stopping", "正在停止", f"The service is stopping. {_AGAIN_EN}", f"服务正在停止。{_AGAIN_ZH}"
    ),
    Rule.TIMEOUT: _words(
        503,
        "Took too long",
        "处理超时",
        f"The answer took too long; with an idempotency key it is safe to ask again. {_AGAIN_EN}",
        f"处理超时；带有幂等键时可以安全重试。{_AGAIN_ZH}",
    ),
}
