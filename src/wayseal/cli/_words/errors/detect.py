"""Errors of `wayseal detect` in Chinese: English wording → Chinese, as in `_words.errors`."""

DETECT = {
    "--unmask needs --who and --why": "--unmask 须同时给出 --who 和 --why",
    "{}: can't be written, so that nobody could record who saw names": "{0}：无法写入，无法记录谁看过姓名",
    "{}: can't be written, so that nobody was told of cases": "{0}：无法写入，因此没有就案件发出通知",
    "--dry-run records nothing and goes with no {}": "--dry-run 不作任何记录，不能与 {0} 同用",
    "address {} is none that Apprise knows": "第 {0} 个地址不是 Apprise 支持的地址",
    "{} isn't text in UTF-8": "{0} 不是 UTF-8 文本",
    "--notify: nothing could be sent to address {}; the cases are registered": "--notify：未能向第 {0} 个地址发出通知；"
    "案件已登记",
    "{} must be a day such as 2026-03-02": "{0} 应为 2026-03-02 这样的日期",
    "--offset must be whole hours, such as +08:00": "--offset 应为整小时，例如 +08:00",
    "--offset must be such as +08:00": "--offset 的写法应如 +08:00",
    "--from must not be after --to, nor after the log": "--from 不能晚于 --to，也不能晚于日志的最后一天",
    "at most {} days can be looked at together": "一次最多查看 {0} 天",
}
