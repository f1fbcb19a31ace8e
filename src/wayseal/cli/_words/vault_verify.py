"""What `wayseal vault verify` says of a vault, in both languages; `wayseal ledger verify --vault` uses it too."""

from collections.abc import Mapping

from wayseal.vault.log.integrity import Code
from wayseal.vault.verification import RecordCode

VERIFY_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "vault": "Vault: {folder} ({origin})",
        "log": "Log: {size:,} {size:entry|entries}, {disclosed:,} of them {disclosed:a disclosure|disclosures}, "
        "{erased:,} erased; root {root}",
        "records": "Records: {opened:,} opened in memory, {erased:,} erased",
        "kept": "Checkpoint {where}: holds. {size:,} {size:entry|entries}, signed by {keys}",
        "kept_at": " at {at}",
        "alone": "No checkpoint was given: the log agrees with itself and with the checkpoints that it keeps, but "
        "whoever holds its key and its database could have made it so. Compare it with one that somebody else keeps.",
        "fine": "Nothing was changed.",
        "bad": "{count:,} {count:finding|findings}:",
        "compared": "Projection: {rows:,} {rows:row|rows} as the log has them, {erased:,} of erased entries, "
        "{purged:,} purged, {waiting:,} {waiting:entry|entries} not projected yet",
        "not_compared": "Projection: not compared because of what follows",
        Code.ENTRY: "this entry was changed",
        Code.ENTRY_UNREADABLE: "this is no entry of a disclosure log",
        Code.ENTRY_MISSING: "{count:,} {count:entry is|entries are} missing from here on",
        Code.ENTRY_EXTRA: "a row that the log doesn't have was put in",
        Code.ENTRY_ERASED: "{count:,} {count:entry was|entries were} erased from here on, and no entry says so",
        Code.ENTRIES_REWRITTEN: "{count:,} {count:entry was|entries were} rewritten from here on",
        Code.NODE: "this node of the tree was changed",
        Code.NODE_MISSING: "this node of the tree is missing",
        Code.NODE_EXTRA: "a node that the tree doesn't have was put in",
        Code.CHECKPOINT_ROW: "size or time of this checkpoint isn't what was signed",
        Code.CHECKPOINT_UNREADABLE: "is no checkpoint, or was changed",
        Code.CHECKPOINT_ORIGIN: "is a checkpoint of another log",
        Code.CHECKPOINT_KEY: "is signed by none of the known keys",
        Code.CHECKPOINT_AHEAD: "the log was cut back: it has fewer entries than this checkpoint says",
        Code.CHECKPOINT_HISTORY: "history was rewritten: the log isn't what this checkpoint says",
        Code.ROW_MISSING: "this disclosure has no row in the ledger",
        Code.ROW_EXTRA: "the ledger has a row that the log has no entry for",
        Code.ROW_CHANGED: "the ledger's row says something else than this entry",
        RecordCode.CHANGED: "its sealed bytes or its wrapped key were changed: it doesn't open",
        RecordCode.NO_KEY: "its wrapped key is gone, and no erasure says so",
        RecordCode.KEYRING: "its data key was wrapped by a key that the keyring hasn't got",
        RecordCode.NOT_ERASED: "it counts as erased, and its key or its bytes are still there: erase it again",
        RecordCode.STALE: "it was revised since, and an older revision was put back",
        RecordCode.COUNT: "the log says that {sealed:,} {sealed:record was|records were} sealed, and {there:,} "
        "{there:is|are} there",
    },
    "zh": {
        "vault": "封缄库：{folder}（{origin}）",
        "log": "日志：{size:,} 条，其中披露 {disclosed:,} 条，已删除内容 {erased:,} 条；根 {root}",
        "records": "封存记录：{opened:,} 条在内存中打开核对，{erased:,} 条已销毁",
        "kept": "检查点 {where}：成立。{size:,} 条，签名者 {keys}",
        "kept_at": "，签署于 {at}",
        "alone": "未给出检查点：日志自身前后一致，也与库中保存的检查点一致，但同时持有密钥和数据库的人可以整个重写。"
        "请与他人保管的检查点比对。",
        "fine": "没有任何改动。",
        "bad": "发现 {count:,} 个问题：",
        "compared": "投影：{rows:,} 行与日志一致，{erased:,} 行的日志内容已删除，{purged:,} 行已清除，"
        "{waiting:,} 条尚未投影",
        "not_compared": "投影：因下列问题，未作比对",
        Code.ENTRY: "这一条已被改动",
        Code.ENTRY_UNREADABLE: "这不是披露日志的条目",
        Code.ENTRY_MISSING: "从这里起缺失 {count:,} 条",
        Code.ENTRY_EXTRA: "被插入了日志中没有的行",
        Code.ENTRY_ERASED: "从这里起有 {count:,} 条的内容被删除，而没有条目说明",
        Code.ENTRIES_REWRITTEN: "从这里起有 {count:,} 条被改写",
        Code.NODE: "树的这个节点已被改动",
        Code.NODE_MISSING: "树的这个节点缺失",
        Code.NODE_EXTRA: "被插入了树中没有的节点",
        Code.CHECKPOINT_ROW: "检查点的大小或时间与签名内容不符",
        Code.CHECKPOINT_UNREADABLE: "不是检查点，或已被改动",
        Code.CHECKPOINT_ORIGIN: "是另一份日志的检查点",
        Code.CHECKPOINT_KEY: "签名者不是任何已知的公钥",
        Code.CHECKPOINT_AHEAD: "日志被截短：条数少于检查点所记",
        Code.CHECKPOINT_HISTORY: "历史被改写：日志与检查点不符",
        Code.ROW_MISSING: "这次披露在账本中没有对应的行",
        Code.ROW_EXTRA: "账本中有一行在日志中没有对应的条目",
        Code.ROW_CHANGED: "账本中的行与这一条不符",
        RecordCode.CHANGED: "封存内容或其数据密钥已被改动，无法打开",
        RecordCode.NO_KEY: "数据密钥缺失，而没有销毁记录",
        RecordCode.KEYRING: "数据密钥由密钥环中没有的密钥包裹",
        RecordCode.NOT_ERASED: "标记为已销毁，但密钥或内容仍在：请再次销毁",
        RecordCode.STALE: "此后有过更改，而旧的修订被放了回来",
        RecordCode.COUNT: "日志记载封存了 {sealed:,} 条，现有 {there:,} 条",
    },
}
