"""Chats as people export and copy them, and tables with Chinese headings."""

from typing import Any

import pytest

from tests.tables import each
from wayseal.market.crawling.imports import ImportForm, brought_source
from wayseal.market.sources import parse, parse_source
from wayseal.market.sources.source import Flaw
from wayseal.model.times import stamp

QQ = """消息记录（此消息记录为文本格式，不支持重新导入）

================================================================
消息分组:我的群聊
================================================================
消息对象:面单交流
================================================================

2026-03-01 9:05:20 【管理员】单号哥(123456789)
实时单号 0.8 一条
要的私

2026-03-01 21:05:21 买家<a@qq.com>
收了
================================================================
消息对象:另一个群
"""
TOOL = "2026-03-01 12:00:00 面单小王\n出真实面单 5毛\n秒发\n\n2026-03-01 12:01:00 某人\n好的\n"
MAILED = "—————  2026-03-01  —————\n\n\n面单小王  21:41\n\n出单号 YT1234567890123\n\n客户  21:42\n\n收\n"
COPIED = "张三(2026-03-01 10:00:00):出单号\n第二行\n李四 2026/3/1 10:01\n求购\n"
PAGE = """<!DOCTYPE html><html><body><div class="page_header"><div class="text bold">群 &amp; 友</div></div>
<div class="message service" id="message-1"><div class="body details">1 March 2026</div></div>
<div class="message default clearfix" id="message7"><div class="body">
<div class="pull_right date details" title="01.03.2026 01:00:00 UTC+00:00">01:00</div><div class="from_name">
单号哥 </div><div class="text">
出 <strong>单号</strong><br>私 &amp; 聊 </div></div></div>
<div class="message default clearfix joined" id="message8"><div class="body">
<div class="pull_right date details" title="01.03.2026 09:01:00 UTC+08:00">09:01</div><div class="forwarded body">
<div class="from_name">别人</div><div class="text">转发</div></div>
<a class="photo_wrap clearfix pull_left" href="photos/p.jpg"></a></div></div></body></html>"""
ARCHIVE = """From: <Save by Tencent MsgMgr>
MIME-Version: 1.0
Content-Type:multipart/related;boundary="----=_NextPart_1"

------=_NextPart_1
Content-Type: text/html

<html><body><table><tr><td><b>消息对象:</b>&nbsp;面单</td></tr><tr><td>日期:&nbsp;2026-03-01</td></tr>\
<tr><td><div style=padding-left:10px;><div style=float:left;>单号哥(123456)</div>9:00:01</div>\
<div style=padding-left:20px;><font>出单号<br>私聊</font></div></td></tr><tr><td><div><div>x&lt;a@b.cn&gt;</div>\
下午 9:00:01</div><div>收</div></td></tr></table></body></html>

------=_NextPart_1
Content-Type:image/jpeg

AAAA
"""


def read(form: ImportForm, content: str | bytes) -> Any:
    body = content if isinstance(content, bytes) else content.encode()
    return parse(parse_source(brought_source("x", form)), body, "", "")


@each(
    ("content", "said"),
    [
        (QQ, [("2026-03-01T09:05:20", "单号哥", "123456789", "实时单号 0.8 一条\n要的私"),
              ("2026-03-01T21:05:21", "买家", "a@qq.com", "收了")]),
        (QQ.encode("gb18030"), [("2026-03-01T09:05:20", "单号哥", "123456789", "实时单号 0.8 一条\n要的私"),
                                ("2026-03-01T21:05:21", "买家", "a@qq.com", "收了")]),
        (TOOL, [("2026-03-01T12:00:00", "面单小王", "", "出真实面单 5毛\n秒发"),
                ("2026-03-01T12:01:00", "某人", "", "好的")]),
        (MAILED, [("2026-03-01T21:41:00", "面单小王", "", "出单号 YT1234567890123"),
                  ("2026-03-01T21:42:00", "客户", "", "收")]),
        (COPIED, [("2026-03-01T10:00:00", "张三", "", "出单号\n第二行"), ("2026-03-01T10:01:00", "李四", "", "求购")]),
                (PAGE, [("2026-03-01T09:00:00", "单号哥", "", "出 单号\n私 & 聊"),
                ("2026-03-01T09:01:00", "单号哥", "", "转发")]),
        (ARCHIVE, [("2026-03-01T09:00:01", "单号哥", "123456", "出单号\n私聊"),
                   ("2026-03-01T21:00:01", "x", "a@b.cn", "收")]),
        ("出单号 0.5\n加微信 abc\n\n空包 3 元\n", [("", "", "", "出单号 0.5\n加微信 abc"), ("", "", "", "空包 3 元")]),
    ],
)  # fmt: skip
def test_a_chat_is_told_by_how_it_begins(content: str | bytes, said: list[tuple[str, str, str, str]]) -> None:
    seen = read(ImportForm.CHAT, content)
    found = [
        ("" if one.posted_at is None else stamp(one.posted_at)[:19], one.shop_name, one.shop, one.text)
        for one in seen.listings
    ]
    assert (found, seen.problems) == (said, ())


def test_pictures_and_ids_of_a_page_stay() -> None:
    first, second = read(ImportForm.CHAT, PAGE).listings
    assert (first.key, second.key, second.pictures) == ("群 & 友/7", "群 & 友/8", ("photos/p.jpg",))


@each(
    ("content", "said"),
    [
        ("时间,发言人,内容\n2026年3月1日 下午9:05,小王,出单号\n", ("2026-03-01T21:05:00", "小王", "", "出单号")),
        ("StrTime,NickName,StrContent\n2026-03-01 21:05:00,小王,出单号\n",
         ("2026-03-01T21:05:00", "小王", "", "出单号")),
        ("商品标题,价格,描述,卖家昵称,发布时间\n单号,0.5元,真,小王,2026/3/1\n",
         ("2026-03-01T00:00:00", "小王", "单号", "真")),
    ],
)  # fmt: skip
def test_a_table_is_read_by_its_headings(content: str, said: tuple[str, str, str, str]) -> None:
    (one,) = read(ImportForm.CSV, content).listings
    assert (stamp(one.posted_at)[:19], one.shop_name, one.title, one.text) == said


def test_what_can_not_be_read_is_a_problem_with_its_number() -> None:
    seen = read(ImportForm.CSV, "时间,发言人,内容\n2026-03-01 09:00,小王,出单号\n昨天,小李,收\n")
    assert [(one.flaw, one.item) for one in seen.problems] == [(Flaw.BAD_TIME, 2)]
    long = PAGE.replace("私 &amp; 聊", "x" * (2 << 20))
    seen = read(ImportForm.CHAT, long)
    assert [one.flaw for one in seen.problems] == [Flaw.BAD_RECORD]
    assert [one.text for one in seen.listings] == ["转发"]


@pytest.mark.parametrize("form", [ImportForm.CHAT, ImportForm.CSV])
def test_nothing_raises(form: ImportForm) -> None:
    for content in (b"", b"\0\xff", b"{", b"<html>", b"From: x\n\n</tr>", "—".encode() * 9000):
        read(form, content)
