"""Errors of purges and their proofs in Chinese: English wording → Chinese, as in `_words.errors`."""

KEEPING = {
    "a proof needs a signed checkpoint from before the purge": "证明需要清除之前的已签名检查点",
    "give --before or --keep-days": "请给出 --before 或 --keep-days 之一",
    "one line of up to {} characters": "须为一行，至多 {0} 个字符",
    "this is no day such as 2026-01-01": "不是 2026-01-01 这样的日期",
    "reads and tree don't fit: run `wayseal ledger verify`": "访问与树不符：请运行 `wayseal ledger verify`",
    "reads of no commit: run `wayseal ledger verify`": "有访问不属于任何提交：请运行 `wayseal ledger verify`",
    "there is no such read; reads of waybills first seen before {} were purged, and can't be proved any more": "没有"
    "这条访问；首次出现早于 {0} 的运单的访问已清除，不能再证明",
    "{} is younger than six months ({} days before the newest read): the latest day is {}": "{0} 不满六个月"
    "（最新访问之前 {1} 天）：最晚可到 {2}",
    "there is no signed checkpoint from right after the purge: give it with --checkpoint": "没有清除之后"
    "随即签署的检查点：请用 --checkpoint 给出",
    "a checkpoint is of {}, the proof of {}": "有检查点属于 {0}，证明属于 {1}",
    "the proof doesn't hold: {}": "证明不成立：{0}",
    "this is no proof of Wayseal's, or it was changed": "这不是 Wayseal 的证明，或已被改动",
}
