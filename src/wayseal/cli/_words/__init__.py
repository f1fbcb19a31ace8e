"""What the command line says about files and ledgers, in both languages.

Blanks: {rows:,} with thousands; {rows:row|rows} one word for 1, another for the rest, as in the reports' catalogue.
"""

import string
from collections.abc import Mapping
from typing import Any

from wayseal.store.types import Notice, NoticeCode

NOTICES: Mapping[str, Mapping[NoticeCode, str]] = {
    "en": {
        NoticeCode.UNKNOWN_COLUMNS: "{columns} {columns:column|columns} that the table doesn't have "
        "{columns:was|were} left out",
        NoticeCode.TIMES_WITHOUT_OFFSET: "times without an offset were read as {offset} ({column})",
        NoticeCode.UNKNOWN_VALUES: "unknown values were left empty ({column})",
        NoticeCode.ENCODING: "read as {encoding}",
        NoticeCode.DELIMITER: "fields are separated by {delimiter}",
        NoticeCode.EMPTY_FILE: "the file is empty",
        NoticeCode.OTHER_FILES: "{files} other {files:file was|files were} left alone",
        NoticeCode.LEFT_OUT: "{rows:,} {rows:record is no read|records are no reads} of waybills: {why}",
        NoticeCode.WIDER_FILTERS: "{rows:,} {rows:search counts|searches count} as wider than "
        "{rows:it was|they were}: {why}",
    },
    "zh": {
        NoticeCode.UNKNOWN_COLUMNS: "表中没有的 {columns} 列已略去",
        NoticeCode.TIMES_WITHOUT_OFFSET: "不带时区的时间按 {offset} 读取（{column}）",
        NoticeCode.UNKNOWN_VALUES: "无法识别的取值已留空（{column}）",
        NoticeCode.ENCODING: "按 {encoding} 编码读取",
        NoticeCode.DELIMITER: "字段分隔符为 {delimiter}",
        NoticeCode.EMPTY_FILE: "文件为空",
        NoticeCode.OTHER_FILES: "另有 {files} 个文件未动",
        NoticeCode.LEFT_OUT: "{rows:,} 条记录不是对运单的读取：{why}",
        NoticeCode.WIDER_FILTERS: "{rows:,} 次查询按更宽的范围计入：{why}",
    },
}

WHY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "other-record": "records of other kinds",
        "not-a-read": "writes, definitions, plans",
        "other-table": "tables without waybills",
        "repeated": "further records of a statement that counts already",
        "no-rows": "nothing was found",
        "only-counted": "only the number of rows was shown",
        "other-path": "paths that the mapping doesn't name",
        "method": "methods that don't read",
        "status": "refused or failed",
        "unreadable": "can't be parsed",
        "not-logged": "the statement itself was not logged",
        "form": "not a plain SELECT (UNION, WITH, HAVING, several statements)",
        "subquery": "a query within the query",
        "join": "joins with tables that the mapping doesn't name, or not on the number",
        "or": "OR",
        "like": "LIKE and other patterns",
        "function": "functions",
        "comparison": "comparisons that a filter doesn't know",
        "column": "columns that the mapping doesn't name",
        "parameter": "parameters that are not logged, or that the mapping doesn't name",
        "value": "values that can't be read",
        "personal": "what looks like a phone or identity number stands where a number should",
    },
    "zh": {
        "other-record": "其他类型的记录",
        "not-a-read": "写入、定义或执行计划",
        "other-table": "不含运单的表",
        "repeated": "同一语句的其余记录",
        "no-rows": "没有查到结果",
        "only-counted": "只显示了行数",
        "other-path": "映射中没有的路径",
        "method": "不是读取的请求方法",
        "status": "被拒绝或失败",
        "unreadable": "语句无法解析",
        "not-logged": "语句本身没有记录下来",
        "form": "不是简单的 SELECT（UNION、WITH、HAVING、多条语句）",
        "subquery": "查询中嵌有查询",
        "join": "连接了映射中没有的表，或不是按运单号连接",
        "or": "OR",
        "like": "LIKE 等模式匹配",
        "function": "函数",
        "comparison": "过滤条件无法表达的比较",
        "column": "映射中没有的列",
        "parameter": "参数未记录，或映射中没有",
        "value": "取值无法读取",
        "personal": "应为编号之处像是电话或身份证号",
    },
}
"""What a raw log's records were left out, or taken as wider, for."""

TEXTS: Mapping[str, dict[str, str]] = {
    "en": {
        "ingested": "{table}: {rows:,} {rows:row|rows} from {name}",
        "rejected": "{rows:,} rejected",
        "repeated": "{rows:,} known already",
        "dropped": "{rows:,} left out as the mapping says",
        "grown": "all after line {lines:,} (what stands before is in the ledger already)",
        "skipped_same": "{table}: {name} is in the ledger already; nothing changed",
        "skipped_mapping": "{table}: {name} is in the ledger already, read with another mapping; nothing changed. To "
        "read it with this one, make a new ledger from all its sources",
        "skipped_offset": "{table}: {name} is in the ledger already, read with another offset from UTC; nothing "
        "changed. To read it with this one, make a new ledger from all its sources",
        "skipped_both": "{table}: {name} is in the ledger already, read with another mapping and offset from UTC; "
        "nothing changed. To read it with these, make a new ledger from all its sources",
        "conflicts": "{table}: {rows:,} {rows:row|rows} replaced one with the same id and other content",
        "quarantine": "rejected rows are listed by line, column and reason in {folder}",
        "nothing": "nothing new",
        "proposed": "{out}: read it, correct it, then: {then}",
        "listed": "{waybills:,} {waybills:waybill|waybills} listed",
        "asked": "{queries:,} {queries:search|searches} of which only the question is logged: {shown:,} of the listed "
        "were shown by {queries:it|them}, {soft:,} more may have been and are not in the list",
        "ledger": "Ledger",
        "digest": "Digest",
        "span": "Reads",
        "span_value": "{first} to {last}",
        "no_reads": "none yet",
        "rows": "Rows",
        "table": "Table",
        "missing": "Not there",
        "purged": "Purged",
        "purged_value": "on {at} by {who} ({why}): everything about waybills first seen before {before}, {reads:,} "
        "{reads:read|reads} of {waybills:,} {waybills:waybill|waybills}",
        "quality": "Quality",
        "sources": "Sources",
        "accounts": "Accounts that read",
        "waybills": "Waybills seen",
        "clean": "nothing to report",
        "rejected_for": "{rows:,} {rows:row|rows} rejected: {reason}",
        "comma": ", ",
        "colon": ": ",
        "digest_value": "{digest} (generation {generation})",
        "empty": "this ledger holds no reads; nothing can be traced in it yet",
        "only_asked": "this ledger holds no reads, only what was asked: a trace replays it on the "
        "waybills of the ledger",
        "dropped_rows": "{rows:,} {rows:row|rows} left out as mappings say",
        "repeated_rows": "{rows:,} {rows:read|reads} left out as known already",
        "gap": "no read for {hours:,} h, from {first} to {last}",
        "unknown_actors": "{share:.1%} of the reads are by accounts that `actors` doesn't know",
        "early": "{share:.2%} of the reads stand before their parcel was issued: clocks differ",
        "undescribed": "{share:.1%} of the waybills have no row in `waybills`",
    },
    "zh": {
        "ingested": "{table}：{rows:,} 行，来自 {name}",
        "rejected": "{rows:,} 行未通过校验",
        "repeated": "{rows:,} 行此前已有",
        "dropped": "{rows:,} 行按映射略去",
        "grown": "均在第 {lines:,} 行之后（之前的内容已在账本中）",
        "skipped_same": "{table}：{name} 已在账本中，未作改动",
        "skipped_mapping": "{table}：{name} 已在账本中，读取时用的是另一份映射；未作改动。"
        "要按这份映射读取，请用全部来源另建账本",
        "skipped_offset": "{table}：{name} 已在账本中，读取时用的是另一个时区；未作改动。"
        "要按这个时区读取，请用全部来源另建账本",
        "skipped_both": "{table}：{name} 已在账本中，读取时用的映射和时区都不同；未作改动。"
        "要按现在的读取，请用全部来源另建账本",
        "conflicts": "{table}：{rows:,} 行替换了编号相同而内容不同的旧行",
        "quarantine": "未通过校验的行（行号、列、原因）见 {folder}",
        "nothing": "没有新内容",
        "proposed": "{out}：请阅读、修改，然后运行：{then}",
        "listed": "已列出 {waybills:,} 个运单",
        "asked": "另有 {queries:,} 次查询只记录了条件：清单中有 {shown:,} 个运单由它们显示，"
        "另有 {soft:,} 个可能显示过，不在清单中",
        "ledger": "账本",
        "digest": "摘要",
        "span": "访问记录",
        "span_value": "{first} 至 {last}",
        "no_reads": "尚无",
        "rows": "行数",
        "table": "表",
        "missing": "缺少的表",
        "purged": "已清除",
        "purged_value": "{who} 于 {at}（原因：{why}）清除了首次出现早于 {before} 的运单的全部内容："
        "{waybills:,} 个运单，{reads:,} 条访问",
        "quality": "数据质量",
        "sources": "来源文件",
        "accounts": "有访问的账号",
        "waybills": "出现过的运单",
        "clean": "没有需要提示的问题",
        "rejected_for": "{rows:,} 行未通过校验：{reason}",
        "comma": "，",
        "colon": "：",
        "digest_value": "{digest}（第 {generation} 代）",
        "empty": "账本里还没有访问记录，暂时无法溯源",
        "only_asked": "账本里没有访问记录，只有查询条件：溯源时按账本中的运单回放",
        "dropped_rows": "{rows:,} 行按映射略去",
        "repeated_rows": "{rows:,} 条访问此前已有，未重复计入",
        "gap": "有 {hours:,} 小时没有任何访问，从 {first} 到 {last}",
        "unknown_actors": "{share:.1%} 的访问来自 `actors` 表中没有的账号",
        "early": "{share:.2%} 的访问早于运单签发时间：各系统时钟不一致",
        "undescribed": "{share:.1%} 的运单在 `waybills` 表中没有记录",
    },
}


def notice_text(notice: Notice, lang: str) -> str:
    """A reader's notice as one line."""
    values = dict(notice.values)
    if "why" in values:
        values["why"] = WHY[lang][str(values["why"])] + (f" ({values['names']})" if values["names"] else "")
    return f"{notice.file.name}: " + filled(NOTICES[lang][notice.code], **values)


def filled(text: str, **values: object) -> str:
    """A text of this catalogue with its blanks filled."""
    return _FILLER.vformat(text, (), values)


class _Filler(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if not bar:
            return format(value, format_spec)
        return one if value == 1 else many


_FILLER = _Filler()
