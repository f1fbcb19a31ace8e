"""Errors of contracts in Chinese: English wording → Chinese, as in `_words.errors`."""

PARTNERS = {
    "there is no such folder": "没有这个文件夹",
    "is no folder; contracts lie in one, a file each": "不是文件夹；合同放在一个文件夹里，每份一个文件",
    "no contract is in this folder (no .toml file)": "这个文件夹里没有合同（没有 .toml 文件）",
    "one of these ids stands in {} too": "其中有账号也出现在 {0} 中",
    "is larger than 1 MiB; this is no contract": "超过 1 MiB；这不是合同",
    "a contract is text in UTF-8": "合同应为 UTF-8 文本",
    'not TOML here; text stands in quotes, as in partner = "Platform A"': "此处不是 TOML；文本要加引号，如 "
    'partner = "平台 A"',
    "this version of Wayseal reads contracts of version {}": "当前 Wayseal 只能读取版本 {0} 的合同",
    "a contract needs this key": "合同需要这个键",
    "lies before valid_from": "早于 valid_from",
    "this id stands here twice": "这个账号出现了两次",
    "this purpose is not among `purposes`": "这个用途不在 `purposes` 之中",
    "no action; one of {}": "没有这种操作；可用的有 {0}",
    'needs hours like "06:00-23:00"': '应为时段，如 "06:00-23:00"',
    "no such time of day; 00:00 to 24:00": "没有这个时刻；应在 00:00 至 24:00 之间",
    "begins and ends at the same time; leave hours out for the whole day": "起止时间相同；全天可用则不写 hours",
    "a network begins with its first address: the bits behind the prefix are 0": "网段应写其首个地址：前缀之后的位为 0",
    "needs an address or a network like 203.0.113.0/24 or 2001:db8::/32": "应为地址或网段，如 203.0.113.0/24 或 "
    "2001:db8::/32",
    "needs a whole number above 0": "应为大于 0 的整数",
    "needs a day without quotes, like 2026-03-02": "应为不加引号的日期，如 2026-03-02",
    "lies too far away": "日期过远",
    "is written as [{}]": "应写作 [{0}]",
    "needs at least one; without the key nothing is checked": "至少需要一项；不约定则不写这个键",
    "holds a character that can't be seen": "含有看不见的字符",
    "not known here; did you mean {}?": "此处不认识；是否应为 {0}？",
}
