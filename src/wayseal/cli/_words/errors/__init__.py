"""Errors in Chinese: English wording → Chinese. `{}` is a blank; the Chinese numbers them from 0.

`tests/cli/test_errors_in_chinese.py` reads every wording out of the source and asks for a line here.
"""

from collections.abc import Mapping

from wayseal.cli._words.errors.case import CASES
from wayseal.cli._words.errors.detect import DETECT
from wayseal.cli._words.errors.explain import EXPLAIN
from wayseal.cli._words.errors.input import INPUT
from wayseal.cli._words.errors.keeping import KEEPING
from wayseal.cli._words.errors.partners import PARTNERS
from wayseal.cli._words.errors.policy import POLICY
from wayseal.cli._words.errors.rights import RIGHTS
from wayseal.cli._words.errors.usage import USAGE
from wayseal.cli._words.errors.vault import ALL as VAULT

LEDGER = {
    "more than {} different ids of kind {}": "{1} 类的不同编号超过 {0} 个",
    "can't be written ({}); the ledger is as it was before": "无法写入（{0}）；账本保持原样",
    "can't be written ({}); the backup is as it was before": "无法写入（{0}）；备份保持原样",
    "this is no backup (nothing that `wayseal ledger backup` made)": "这不是备份（不是 `wayseal ledger backup` 所建）",
    "this is the folder that is to be copied": "这就是要复制的文件夹",
    "this folder lies inside the one that is to be copied": "这个文件夹位于要复制的文件夹之内",
    "this folder holds the one that is to be copied": "要复制的文件夹位于这个文件夹之内",
    "this folder is not empty and no backup: give a new one": "这个文件夹不是空的，也不是备份：请换一个新的",
    "this folder is a ledger and no backup: give a new one": "这个文件夹是账本，不是备份：请换一个新的",
    "this folder is a backup: give a new one": "这个文件夹是备份：请换一个新的",
    "this folder holds a restoration that was broken off: give a new one": "这个文件夹里是中断的恢复：请换一个新的",
    "this is a backup of another ledger: give a new folder": "这是另一个账本的备份：请换一个新的文件夹",
    "this backup holds reads or commits that the ledger doesn't have: keep it, and give a new folder": "这份备份里"
    "有账本没有的访问或提交：请保留它，并换一个新的文件夹",
    "the backup has other bytes under this name: back up into a new folder": "备份中同名文件的内容不同：请备份到新的"
    "文件夹",
    "was changed: its SHA-256 is not the manifest's": "已被改动：SHA-256 与清单不符",
    "was changed: it isn't what its last commit says": "已被改动：内容与最后一次提交所记不符",
    "was changed: size or root of the tree are wrong": "已被改动：树的大小或根不对",
    "is missing": "缺失",
    "there is no backup here": "这里没有备份",
    "the manifest names this file twice, an old fault: run `wayseal ledger doctor` with --repair": "清单两次列出这个"
    "文件，是旧版本的错误：请运行 `wayseal ledger doctor` 并加 --repair",
    "this tile is missing or was cut short": "这个瓦片缺失或被截短",
    "manifest and tree don't agree: run `wayseal ledger doctor`": "清单与树不一致：请运行 `wayseal ledger doctor`",
    "this copy is not complete yet: run the command that makes it again (no manifest)": "这份副本尚未完成：请再次"
    "运行建立它的命令（缺少清单）",
    "this mark of a backup is damaged or of another version": "备份的标记已损坏，或属于其他版本",
    "this is a backup, which is only read: make a ledger of it with `wayseal ledger restore`": "这是备份，只能读取："
    "请用 `wayseal ledger restore` 由它建立账本",
    "was read with another mapping or offset": "当时读取用的是另一份映射或时区",
    "can't be told from the rest of a compressed file": "在压缩文件中无法与其余部分分开",
    "ended in the middle of a line": "当时止于一行的中间",
    "ended in the middle of a row": "当时止于一条记录的中间",
    "has grown: its beginning is in the ledger already and {}, so that rows would be lost or doubled; put what is new "
    "into a file of its own, or make a new ledger": "文件有增长：开头部分已在账本中，且{0}，继续会丢失或重复记录；"
    "请把新增内容另存为一个文件，或另建账本",
    "the file changed while it was read": "读取过程中文件发生了变化",
    "process {} is writing to it": "进程 {0} 正在写入",
    "layout version {}; this version of Wayseal reads layouts {} and {}": "布局版本为 {0}；当前 Wayseal 只能读取布局 "
    "{1} 和 {2}",
    "there is no ledger here (no manifest)": "这里没有账本（缺少清单）",
    "the manifest is damaged": "清单已损坏",
    "this ledger has no tree yet: run `wayseal ledger upgrade` on it first": "账本还没有树：请先运行 "
    "`wayseal ledger upgrade`",
    "the checkpoint is of {}, the ledger is {}": "检查点属于 {0}，本账本为 {1}",
    "its tree doesn't go on from the checkpoint": "账本的树不是由该检查点延续而来",
    "several reads carry this id: name the waybill too": "有多条访问带有这个编号：请同时给出运单号",
    "there is no such read": "没有这条访问",
    "no read carries this id": "没有访问带有这个编号",
    "a page is not what the tree says: run `wayseal ledger verify`": "有一页与树不符：请运行 `wayseal ledger verify`",
    "this read came after the checkpoint: take a newer one": "这条访问晚于检查点：请使用更新的检查点",
    "a read is not where its key says: run `wayseal ledger verify`": "有一条访问不在应在的位置：请运行 "
    "`wayseal ledger verify`",
    "the proof doesn't hold: this read is not what stands in the tree of the checkpoint": "证明不成立：这条访问与检查点"
    "的树中所记不符",
    "this version of Wayseal reads proofs of version {}": "当前 Wayseal 只能读取版本 {0} 的证明",
    "this is no proof of Wayseal's": "这不是 Wayseal 的证明",
    "this is not the ledger's secret": "这不是账本的密钥文件",
    "the ledger's secret is missing": "账本的密钥文件缺失",
    "this file of the ledger was cut short or changed": "账本的这个文件被截短或改动",
    "this file of the ledger is missing": "账本的这个文件缺失",
    "this file of the ledger is damaged": "账本的这个文件已损坏",
    "this file of the ledger was changed": "账本的这个文件被改动",
    "made by an older version: run `wayseal ledger upgrade` on it first": "由旧版本生成：请先运行 "
    "`wayseal ledger upgrade`",
    "this folder holds other things and no ledger": "这个文件夹里是其他内容，没有账本",
    "this tile of the ledger's tree was cut short or changed": "账本的树的这个瓦片被截短或改动",
    "this tile of the ledger's tree is missing": "账本的树的这个瓦片缺失",
    "manifest and tree don't agree: run `wayseal ledger verify`": "清单与树不一致：请运行 `wayseal ledger verify`",
    "there is no leaf {} in a tree of {}": "树有 {1} 个叶子，没有第 {0} 个",
    "a tree of {} leaves doesn't go on from one of {}": "{0} 个叶子的树不是由 {1} 个叶子的树延续而来",
    "the tree has {} leaves, not {}": "树有 {0} 个叶子，不是 {1} 个",
    "this note is no checkpoint": "这份签名文本不是检查点",
    "this is no signed note": "这不是签名文本",
    "this is no signed note (not UTF-8)": "这不是签名文本（不是 UTF-8）",
    "this is no signed note (a line of its end is no signature)": "这不是签名文本（末尾有一行不是签名）",
    "this is no {} key": "这不是密钥（{0}）",
    "this {} key is of a kind that Wayseal doesn't know": "Wayseal 不支持这种密钥（{0}）",
    "base64 is wrong": "base64 编码有误",
    "the public key doesn't fit its own id": "公钥与其编号不符",
    "the name of a key has no space and no plus sign, and at least one character": "密钥名称不能为空，不能含空格和加号",
    "this is no private key": "这不是私钥",
    "the private key doesn't fit its own id": "私钥与其编号不符",
    "the signature of {}+{} is not over this text": "{0}+{1} 的签名签的不是这段文本",
    "signed by {}, and by no key that was given": "签名者为 {0}，所给公钥均未签名",
    "this is no key": "这不是密钥",
}
TRACE = {
    "this is no JSON report of `wayseal trace`": "这不是 `wayseal trace` 的 JSON 报告",
    "the leaks file holds no number that could be read": "泄露文件中没有可读取的单号",
    "unknown: part of what was asked can't be expressed": "unknown：要求中有一部分无法表达",
    "no unused number could be found between real ones: are there any in `waybills`?": "在真实单号之间找不到未使用的"
    "号码："
    "`waybills` 表中有单号吗？",
    "this is no file": "这不是文件",
    "this is no register of canaries": "这不是诱饵单登记册",
    "this line is none of a register's": "这一行不是登记册的内容",
    "has no table `waybills`: nothing says what a real one looks like": "没有 `waybills` 表：无从知道真实运单的样子",
    "another process is writing to it": "另一个进程正在写入",
    "holds no accounts: start with a report, or name accounts": "没有账号：请先给出报告，或指定账号",
    "WAYBILL is no canary of this register": "WAYBILL 不是这份登记册里的诱饵单",
    "--seen-at lies before {} was planned": "--seen-at 早于 {0} 的规划时间",
    "{} came out already, so it isn't silent": "{0} 已经流出，不能记为未流出",
    "{} is no time with an offset such as 2026-03-02T08:00+08:00": "{0} 不是带时区的时间，例如 2026-03-02T08:00+08:00",
    "names no account: a canary can be shown to accounts alone": "没有指出账号：诱饵单只能给账号看",
    "{} is not in the ledger": "{0} 不在账本中",
    "account {} of the report": "报告中的第 {0} 个账号",
    "--for: account {}": "--for：第 {0} 个账号",
    "--to lies before --from, or at it: the period is empty": "--to 不晚于 --from：时段为空",
    "{} is neither a date such as 2026-03-02 nor a time such as 2026-03-02T08:00+08:00": "{0} 既不是 2026-03-02 这样的"
    "日期，也不是 2026-03-02T08:00+08:00 这样的时间",
    "the ledger knows no source of this id": "账本中没有这个编号的来源",
    "the ledger knows no source of this id; it knows {}": "账本中没有这个编号的来源；相近的有：{0}",
    "the ledger knows no {} of this id": "账本中没有这个编号的 {0}",
    "the ledger knows no {} of this id; it knows {}": "账本中没有这个编号的 {0}；相近的有：{1}",
    "an account with a similar id": "一个编号相近的账号",
    "{} accounts with a similar id": "{0} 个编号相近的账号",
    "several sources have this id; say which with --kind: {}": "有多个来源使用这个编号；请用 --kind 指明：{0}",
    "{} isn't empty and isn't a demo's folder; name another one": "{0} 不是空文件夹，也不是演示用的；请换一个",
    "{} exists, and may hold corrections; name another file, or say --force to replace it": "{0} 已存在，可能有人改过；"
    "请换一个文件名，或用 --force 替换",
    "leaker {} needs more wide_accounts": "leaker {0} 需要更多 wide_accounts",
    "colluders must be fewer: the world has too few places for them": "colluders 应更少：网点不够",
    "insiders must be fewer: the world has too few accounts for them": "insiders 应更少：账号不够",
    "leaker lister needs a larger share of queries": "leaker lister 需要更大的 queries 比例",
    "{} must be fewer: a source read too few numbers that the buyer would take": "{0} 应更少：某个来源读过的、"
    "买家会要的单号太少",
    "buyer outlets needs a leaker who read parcels of more outlets": "buyer outlets 需要读过更多网点包裹的泄露者",
    "exposure can't be reached: it needs more wide_accounts (or fewer reads)": "无法达到要求的 exposure：需要更多 "
    "wide_accounts（或更少的访问）",
    "{} is there already": "{0} 已存在",
    "{} can't be cleared ({})": "{0} 无法清空（{1}）",
    "{} can't be written ({})": "{0} 无法写入（{1}）",
    "{} must be {}": "{0} 应为{1}",
    "a whole number": "整数",
    "a number": "数字",
    "{} must lie between {} and {}": "{0} 应在 {1} 与 {2} 之间",
    "no scenario of that name; there are {}": "没有这个名称的场景；现有 {0}",
    "a scenario has no parameter {}": "场景没有参数 {0}",
    "outlets must be at least one for each city": "outlets 应不少于每个城市一个",
    "market_days must be fewer than days: what is sold must have been read before": "market_days 应小于 days：售出之前"
    "必须先被读过",
    "start must be a date such as 2026-03-02": "start 应为 2026-03-02 这样的日期",
    "{} must be one of {}": "{0} 应为以下之一：{1}",
}
ERRORS: Mapping[str, str] = {
    **LEDGER,
    **KEEPING,
    **CASES,
    **DETECT,
    **EXPLAIN,
    **TRACE,
    **PARTNERS,
    **INPUT,
    **POLICY,
    **RIGHTS,
    **USAGE,
    **VAULT,
}
