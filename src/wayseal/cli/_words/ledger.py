"""What `wayseal ledger` says, in both languages."""

from collections.abc import Mapping

from wayseal.ledger.integrity import Code

LEDGER_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "key_made": "private key: {private} (keep it to yourself); public key: {public}; id {key}",
        "signed": "{out}: {origin}, {size:,} {size:leaf|leaves}. Let somebody keep it who can't write to the ledger.",
        "proof_made": "{out}: leaf {leaf:,}",
        "reads": "{count:,} {count:read|reads} of {waybill}:",
        "ledger": "Ledger: {ledger} ({origin})",
        "tree": "Tree: {size:,} {size:leaf|leaves}, root {root}",
        "looked": "Checked: {files:,} {files:file|files}, {tiles:,} {tiles:tile|tiles}, {rows:,} {rows:read|reads}",
        "looked_less": "Checked: {files:,} {files:file|files}, {tiles:,} {tiles:tile|tiles}, and no reads because "
        "of what follows",
        "kept": "Checkpoint {where}: holds. {size:,} {size:leaf|leaves}, signed by {keys}; the tree goes on from it",
        "alone": "No checkpoint was given: the ledger agrees with itself, but whoever can write to it could have made "
        "it so. Compare it with one that somebody else keeps.",
        "fine": "Nothing was changed.",
        "bad": "{count:,} {count:finding|findings}:",
        "holds": "The proof holds: this read stands in {origin} (checkpoint of {size:,} {size:leaf|leaves}, signed "
        "by {keys}).",
        "none": "-",
        "report_untied": "The report or the ledger has no checkpoint: whether the ledger is what it was can't be said.",
        "report_now": "The ledger is what it was: {size:,} {size:leaf|leaves}, the root of the report.",
        "report_grown": "The ledger has grown since: {size:,} {size:leaf|leaves} then, {now:,} now. It begins as it "
        "was "
        "then, as these hashes show (RFC 9162): {proof}",
        "report_purged": "It was purged since: on {at} by {who} ({why}) everything about waybills first seen before "
        "{before} was removed, {reads:,} {reads:read|reads}. A trace of today can't see them.",
        "report_digest": "The report's ledger digest is not the one of its checkpoint: the report was changed.",
        "report_leaks": "Not reproduced: the leaks file is not the one of the report.",
        "report_same": "Reproduced: the trace gives what the report says.",
        "report_differs": "Not reproduced. These keys differ: {keys}",
        "report_since": "The trace was made on the ledger as it is now, with what came in since the report; this may "
        "be all that makes the difference. To settle it, trace on a copy of the ledger from then.",
        "report_unproven": "Not verified: without a checkpoint nothing shows that the report is of this ledger.",
        Code.MANIFEST_SPELLING: "was changed: it isn't spelled as Wayseal spells it",
        Code.MANIFEST_DIGEST: "was changed: it isn't what its last commit says",
        Code.MANIFEST_TREE: "was changed: size or root of the tree are wrong",
        Code.FILE_MISSING: "is missing",
        Code.FILE_CHANGED: "was changed: its SHA-256 is not the manifest's",
        Code.SECRET: "is missing or was changed: reads can't be compared with the tree",
        Code.TILE: "this tile of the tree is missing or was changed",
        Code.PAGE: "reads were changed, added or removed: page {page} of part {part} of commit {generation}",
        Code.COMMIT: "was changed: commit {generation} is not what the tree says",
        Code.COLUMNS: "reads of commit {generation} have columns that it didn't bring",
        Code.ROWS: "{rows:,} {rows:read is|reads are} of sources that no commit brought",
        Code.TOMBSTONES: "what its purges removed is not what tombstones and gone pages stand for",
        Code.CHECKPOINT_UNREADABLE: "is no checkpoint, or was changed ({reason})",
        Code.CHECKPOINT_ORIGIN: "is a checkpoint of another ledger ({origin}; this one is {own})",
        Code.CHECKPOINT_KEY: "is signed by {keys}; no such key was given (give the older public key too if keys were "
        "rotated)",
        Code.CHECKPOINT_AHEAD: "the ledger was cut back: the checkpoint says {size:,} {size:leaf|leaves}, it has fewer",
        Code.CHECKPOINT_HISTORY: "history was rewritten: the first {size:,} {size:leaf is|leaves are} not what was "
        "signed",
    },
    "zh": {
        "key_made": "私钥：{private}（请自行妥善保管）；公钥：{public}；编号 {key}",
        "signed": "{out}：{origin}，{size:,} 个叶子。请交由无权写入账本的人保管。",
        "proof_made": "{out}：第 {leaf:,} 个叶子",
        "reads": "{waybill} 有 {count:,} 条访问：",
        "ledger": "账本：{ledger}（{origin}）",
        "tree": "树：{size:,} 个叶子，根 {root}",
        "looked": "已检查：{files:,} 个文件，{tiles:,} 个瓦片，{rows:,} 条访问",
        "looked_less": "已检查：{files:,} 个文件，{tiles:,} 个瓦片；因下列问题，未重新计算各条访问的哈希",
        "kept": "检查点 {where}：成立。{size:,} 个叶子，签名者 {keys}；现在的树由它延续而来",
        "alone": "未给出检查点：账本自身前后一致，但有写入权限的人可以整个重写。请与他人保管的检查点比对。",
        "fine": "没有任何改动。",
        "bad": "发现 {count:,} 个问题：",
        "holds": "证明成立：这条访问确在 {origin} 中（检查点含 {size:,} 个叶子，签名者 {keys}）。",
        "none": "-",
        "report_untied": "报告或账本没有检查点：无法判断账本是否还是当时的样子。",
        "report_now": "账本与当时相同：{size:,} 个叶子，根与报告一致。",
        "report_grown": "账本此后有增长：当时 {size:,} 个叶子，现在 {now:,} 个。它的开头就是当时的内容，由以下哈希证明"
        "（RFC 9162）：{proof}",
        "report_purged": "账本此后被清除过：{who} 于 {at}（原因：{why}）清除了首次出现早于 {before} 的运单的全部内容，"
        "共 {reads:,} 条访问。现在的溯源看不到它们。",
        "report_digest": "报告中的账本摘要与其检查点不符：报告已被改动。",
        "report_leaks": "未能重现：泄露文件不是报告所用的那一份。",
        "report_same": "已重现：溯源结果与报告一致。",
        "report_differs": "未能重现。以下各项不同：{keys}",
        "report_since": "溯源用的是账本现在的内容，包括报告之后导入的部分；差异可能全由此而来。"
        "要弄清楚，请在当时的账本副本上溯源。",
        "report_unproven": "未能验证：没有检查点，无从证明报告出自这个账本。",
        Code.MANIFEST_SPELLING: "已被改动：写法与 Wayseal 的不同",
        Code.MANIFEST_DIGEST: "已被改动：内容与最后一次提交所记不符",
        Code.MANIFEST_TREE: "已被改动：树的大小或根不对",
        Code.FILE_MISSING: "缺失",
        Code.FILE_CHANGED: "已被改动：SHA-256 与清单不符",
        Code.SECRET: "缺失或已被改动：无法将访问与树比对",
        Code.TILE: "树的这个瓦片缺失或已被改动",
        Code.PAGE: "访问被改动、增加或删除：第 {generation} 次提交第 {part} 部分第 {page} 页",
        Code.COMMIT: "已被改动：第 {generation} 次提交与树不符",
        Code.COLUMNS: "第 {generation} 次提交的访问带有它并未带来的列",
        Code.ROWS: "{rows:,} 条访问的来源不属于任何提交",
        Code.TOMBSTONES: "历次清除的数量与墓碑和已清除的页不符",
        Code.CHECKPOINT_UNREADABLE: "不是检查点，或已被改动（{reason}）",
        Code.CHECKPOINT_ORIGIN: "是另一个账本的检查点（{origin}；本账本为 {own}）",
        Code.CHECKPOINT_KEY: "由 {keys} 签名，未给出该公钥（若更换过密钥，请一并给出旧公钥）",
        Code.CHECKPOINT_AHEAD: "账本被截短：检查点记有 {size:,} 个叶子，账本中不足此数",
        Code.CHECKPOINT_HISTORY: "历史被改写：前 {size:,} 个叶子不是当时签名的内容",
    },
}
