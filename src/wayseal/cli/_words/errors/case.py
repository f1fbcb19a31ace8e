"""Errors about the casebook in Chinese: English wording → Chinese, as in `_words.errors`."""

CASES = {
    "there is no case {}; `wayseal case list` shows which there are": "没有案件 {0}；有哪些案件见 `wayseal case list`",
    "no case has been registered yet": "尚未登记任何案件",
    "{} has no such account; `wayseal case list` shows its accounts": "{0} 中没有这个账号；"
    "其中的账号见 `wayseal case list`",
    "{} has several accounts: say whose statement it is": "{0} 有多个账号：请指明是谁的陈述",
    "there is no casebook here": "这里没有案件簿",
    "this is no casebook": "这不是案件簿",
    "this casebook is of another version": "案件簿属于其他版本",
    "this line was changed": "这一行被改动过",
    "before this line one is missing, or was moved or put in": "这一行之前有缺失、移动或插入的行",
    "this line says what can't be": "这一行所记的内容不可能成立",
    "the casebook's secret is missing": "案件簿的密钥文件缺失",
    "this is not the casebook's secret": "这不是案件簿的密钥文件",
    "a text of up to {} characters": "须为文字，至多 {0} 个字符",
    "give --statement or --file": "请给出 --statement 或 --file 之一",
    "the system knows no name for you: give --who": "系统中没有您的用户名：请给出 --who",
    "is no text in UTF-8": "不是 UTF-8 文本",
    "is no head such as 17:3f…, as `wayseal case verify` prints it": "不是 `wayseal case verify` 给出的末行标识"
    "（形如 17:3f…）",
}
