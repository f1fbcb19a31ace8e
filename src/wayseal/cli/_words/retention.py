"""What `wayseal ledger purge` and `compact` say, in both languages."""

from collections.abc import Mapping

RETENTION_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "would": "Would go (nothing was changed): everything about waybills first seen before {before}",
        "went": "Purged: everything about waybills first seen before {before}",
        "nothing": "Nothing to purge: no waybill was first seen before {before}, and nothing was asked before it.",
        "what": "  {reads:,} reads in segments of {days:,} days, {waybills:,} waybills, {queries:,} logged queries",
        "segments": "  the segments have {bytes:,} bytes",
        "day": "    {day}  {reads:>13,}",
        "held": "  {held:,} waybills stay though they were first seen earlier: they have reads that are younger than "
        "six months",
        "size": "  ledger: {before:,} bytes before, {now:,} now",
        "left": "  {bytes:,} bytes of what went are still being read by somebody: they go at the next ingest, purge or "
        "compaction after that",
        "elsewhere": "Copies elsewhere are as they were: backups from before today hold what went until they expire, "
        "and a disk may hold it until its blocks are written anew.",
        "proof": "{out}: proof of the purge. Have the ledger's checkpoint signed now, before anything else is written "
        "to it: the proof needs it.",
        "proof_signed": "{out}: proof of the purge, with the checkpoint after it",
        "compacted": "{files_before:,} files before, {files:,} now; {bytes_before:,} bytes before, {bytes:,} now",
        "compact_nothing": "nothing to do: each kind and bucket has one file",
        "compact_left": "{bytes:,} bytes of replaced files are still being read by somebody: they go at the next "
        "ingest, purge or compaction after that",
        "proven": "The proof holds: {origin} was purged between checkpoints of {earlier:,} and {later:,} leaves of one "
        "history, signed by {keys}.",
        "proven_what": "  {reads:,} reads and {waybills:,} waybills first seen before {before} went, in {segments:,} "
        "segments; nothing else was taken away",
        "proven_who": "  by {who}, {at}: {why}",
        "proven_below": "  the legal minimum of six months was set aside",
        "proven_held": "  {held:,} waybills stayed because of younger reads",
        "proven_not": "  It doesn't show that no copy exists, in backups or on a disk.",
    },
    "zh": {
        "would": "将清除（未作任何改动）：首次出现早于 {before} 的运单的全部内容",
        "went": "已清除：首次出现早于 {before} 的运单的全部内容",
        "nothing": "没有可清除的内容：没有运单首次出现早于 {before}，此前也没有查询。",
        "what": "  {days:,} 天的分段中 {reads:,} 条访问，{waybills:,} 个运单，{queries:,} 条查询日志",
        "segments": "  这些分段共 {bytes:,} 字节",
        "day": "    {day}  {reads:>13,}",
        "held": "  另有 {held:,} 个运单虽首次出现更早，但有不满六个月的访问，予以保留",
        "size": "  账本：之前 {before:,} 字节，现在 {now:,} 字节",
        "left": "  已清除的内容中有 {bytes:,} 字节仍有人在读取：之后下一次导入、清除或压缩时删除",
        "elsewhere": "其他地方的副本不变：今天以前的备份在过期之前仍含有这些内容；磁盘在相应的块被重写之前也可能保留。",
        "proof": "{out}：清除证明。请在账本再有写入之前立即签署检查点：证明需要它。",
        "proof_signed": "{out}：清除证明，含清除后的检查点",
        "compacted": "之前 {files_before:,} 个文件，现在 {files:,} 个；之前 {bytes_before:,} 字节，现在 {bytes:,} 字节",
        "compact_nothing": "无需压缩：每一类、每一天都只有一个文件",
        "compact_left": "被替换的文件中有 {bytes:,} 字节仍有人在读取：之后下一次导入、清除或压缩时删除",
        "proven": "证明成立：{origin} 在同一历史的两个检查点之间作过清除"
        "（{earlier:,} 与 {later:,} 个叶子，签名者 {keys}）。",
        "proven_what": "  首次出现早于 {before} 的 {waybills:,} 个运单及 {reads:,} 条访问已清除，共 {segments:,} 个分段"
        "；此外没有去掉任何内容",
        "proven_who": "  清除人 {who}，时间 {at}，原因：{why}",
        "proven_below": "  未遵守至少保存六个月的法定期限",
        "proven_held": "  另有 {held:,} 个运单因有较新的访问而保留",
        "proven_not": "  它不能证明备份中或磁盘上没有副本。",
    },
}
