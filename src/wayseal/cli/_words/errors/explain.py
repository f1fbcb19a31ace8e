"""Errors of explanations in Chinese: English wording → Chinese, as in `_words.errors`."""

EXPLAIN = {
    "the ledger knows no such account": "账本中没有这个账号",
    "the ledger knows no such waybill": "账本中没有这个运单",
    "this account has no read of this waybill in the log": "日志中没有这个账号对这个运单的访问",
    "give either --actor and --waybill, or --mine": "请给出 --actor 和 --waybill，或者只给出 --mine",
    "the file isn't UTF-8": "文件不是 UTF-8 编码",
    "more than {} templates": "模板超过 {0} 个",
    "only [[template]] tables may stand in it: {}": "文件中只能有 [[template]] 表：{0}",
    "template {} stands twice": "模板 {0} 出现了两次",
    "template {}: name must be lower case, such as night-desk": "第 {0} 个模板：name 须以小写字母开头，例如 night-desk",
    "template {}: {} must be {}": "模板 {0}：{1} 应为{2}",
    "template {}: unknown key {}": "模板 {0}：没有 {1} 这个键",
    "true or false": " true 或 false",
    "one of {}": "以下之一：{0}",
    "of {}": "以下各项中的：{0}",
    "strong or weak": " strong 或 weak",
    "left out with {}": "空（{0} 不用这个键）",
    "a length such as 90m, 12h or 10d": "时长，例如 90m、12h 或 10d",
    "a list of words": "文本列表",
    "given with mandate": "必填（mandate 需要）",
}
