"""What `wayseal canary` says, in both languages."""

from collections.abc import Mapping

CANARY_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "create": "{id}  {waybill}  create it in the courier's own system, issued at {issued}",
        "row": "    channel {channel}, {origin} → {destination}, customer {customer}, goods {goods}, weight {weight}",
        "show": "    show it to these accounts and to nobody else: {pool}",
        "planned": "Planned: {count} of {asked}, written to {path}. Nothing was sent to anybody. If the system has "
        "dealt a number meanwhile, plan again.",
        "fewer": "Another one sent out before the first answers would tell too little.",
        "none_new": "No canary would tell anything more. Nothing was written.",
        "line": "{id}  {waybill}  round {round}, {answer}; shown to {pool}",
        "hit": "came out, seen at {at}",
        "silent": "silent up to {at}",
        "waiting": "no answer yet",
        "belief": "Probability of each account now:",
        "share": "  {p:.4f}  {name}",
        "unlisted": "  {p:.4f}  somebody not listed",
        "more": "  … and {count} more",
        "named": "{name} is named (probability {p:.4f}, at least {enough}). This is a lead for investigators: confirm "
        "it, and hear the person.",
        "wait": "Nobody is named. Waiting for {count} canaries; close those whose time is over with `wayseal canary "
        "hit REGISTER WAYBILL --silent --seen-at TIME`.",
        "next": "Nobody is named. Plan the next round: `wayseal canary plan LEDGER --register REGISTER`.",
        "empty": "No canary has been planned.",
        "again": "This was recorded before; nothing was changed.",
        "unread": "{path}:{line}: this line was cut off and is left out; the others count",
        "nothing": "-",
    },
    "zh": {
        "create": "{id}  {waybill}  请在快递公司自己的系统中建单，下单时间 {issued}",
        "row": "    渠道 {channel}，{origin} → {destination}，客户 {customer}，品类 {goods}，重量 {weight}",
        "show": "    只让以下账号看到，不给其他任何人：{pool}",
        "planned": "已规划 {count} 个（要求 {asked} 个），记入 {path}。未向任何人发送任何内容。"
        "若系统此时已发出某个号码，请重新规划。",
        "fewer": "在首批结果出来之前，再多放一个所能说明的太少。",
        "none_new": "再放诱饵单也说明不了更多。未写入任何内容。",
        "line": "{id}  {waybill}  第 {round} 轮，{answer}；可见账号：{pool}",
        "hit": "已流出，发现于 {at}",
        "silent": "截至 {at} 未流出",
        "waiting": "尚无结果",
        "belief": "各账号目前的概率：",
        "share": "  {p:.4f}  {name}",
        "unlisted": "  {p:.4f}  未列出的人",
        "more": "  …… 另有 {count} 个",
        "named": "指向 {name}（概率 {p:.4f}，不低于 {enough}）。这只是调查线索：请核实，并听取当事人的说明。",
        "wait": "尚未指向任何人。还有 {count} 个诱饵单没有结果；期限已过的，用 `wayseal canary hit REGISTER WAYBILL "
        "--silent --seen-at TIME` 结束等待。",
        "next": "尚未指向任何人。请规划下一轮：`wayseal canary plan LEDGER --register REGISTER`。",
        "empty": "尚未规划任何诱饵单。",
        "again": "此前已有记录，未作改动。",
        "unread": "{path}:{line}：这一行被截断，未计入；其余各行有效",
        "nothing": "-",
    },
}
