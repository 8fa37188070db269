"""What the columns of evidence, their recurring values and the subjects of findings are called, Chinese and English side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COLUMNS = {  # by key, or by check and key where one word would not do; an empty word: not shown in that language
    "age": ("年龄", "Age"),
    "sent_at": ("发送时间", "Sent at"),
    "first_account": ("第一个账户", "First account"),
    "second_account": ("第二个账户", "Second account"),
    "third_account": ("第三个账户", "Third account"),
    "rounds": ("轮数", "Rounds"),
    "notice_id": ("公告编号", "Notice"),
    "published_at": ("公布时间", "Published at"),
    "winner_id": ("公布的中奖人", "Published winner"),
    "refused_at": ("拒绝时间", "Refused at"),
    "request_id": ("申请编号", "Request"),
    "requested_at": ("申请时间", "Requested at"),
    "settled_at": ("办结时间", "Settled at"),
    "cheapest": ("最低价订单", "Cheapest order"),
    "dearest": ("最高价订单", "Dearest order"),
    "minute": ("分钟", "Minute"),
    "orders": ("订单数", "Orders"),
    "payee_id": ("收款人", "Payee"),
    "reason": ("名目", "Reason"),
    "ref": ("关联编号", "Reference"),
    "commitment": ("承诺值", "Commitment"),
    "committed_at": ("承诺时间", "Committed at"),
    "revealed_at": ("公开时间", "Revealed at"),
    "seed": ("种子", "Seed"),
    "first_shown_at": ("最早公开时间", "First shown at"),
    "is_shared": ("与他场同种子", "Seed of other draws too"),
    "is_untold": ("他场公开时间不详", "Shown elsewhere, not known when"),
    "recorded": ("记录的中奖位次", "Winners on record"),
    "last_position": ("最后盒号", "Last box"),
    "linked": ("关联账户", "Linked account"),
    "age_band": ("年龄段", "Age band"),
    "gender": ("性别", "Gender"),
    "region": ("地区", "Region"),
    "occupation": ("职业", "Occupation"),
    "channel": ("渠道", "Channel"),
    "device": ("设备", "Device"),
    "joined_at": ("加入时间", "Joined at"),
    "initiator_id": ("发起人", "Initiator"),
    "referrer_id": ("推荐人", "Referrer"),
    "entered_at": ("参加时间", "Entered at"),
    "z": ("标准差倍数（z）", "Standard deviations (z)"),
    "winners_per_bet": ("每注中奖数", "Winners a bet"),
    "sha256": ("SHA-256", "SHA-256"),
    "payer_id": ("付款人", "Payer"),
    "weight": ("权重", "Weight"),
    "prizes": ("奖品数", "Prizes"),
    "platform_prize": ("平台所记奖金", "Prize on record"),
    "started_at": ("发起时间", "Started at"),
    "ended_at": ("结束时间", "Ended at"),
    "taken_at": ("参加时间", "Taken at"),
    "misses": ("连续未中次数", "Misses in a row"),
    "activity_id": ("活动编号", "Activity"),
    "all_bought": ("全部购买", "All bought"),
    "author_id": ("发言人", "Author"),
    "bought": ("购买数", "Bought"),
    "bought_at": ("购买时间", "Bought at"),
    "bound": ("最多票号", "Tickets handed out"),
    "cash": ("账面现金", "Cash"),
    "chances": ("机会数", "Chances"),
    "choice": ("所选", "Choice"),
    "claimed_price": ("所称价格", "Claimed price"),
    "class": ("", "Class"),
    "类别": ("类别", ""),
    "coupon": ("券", "Coupon"),
    "credited": ("记入", "Credited"),
    "day": ("日期", "Day"),
    "decided_at": ("决定时间", "Decided at"),
    "deposit": ("定金", "Deposit"),
    "deposit_id": ("定金订单", "Deposit order"),
    "deposited_at": ("付定金时间", "Deposited at"),
    "depositor": ("付定金人", "Depositor"),
    "draw": ("第几次开奖", "Draw"),
    "due": ("应有", "Due"),
    "entry": ("入门费", "Entry fees"),
    "entry_id": ("参加编号", "Entry"),
    "even": ("回本人数", "Even"),
    "expired": ("过期", "Expired"),
    "fault": ("问题", "Fault"),
    "first_at": ("最早时间", "First at"),
    "first_missing": ("缺号起", "First missing"),
    "from": ("下限", "From"),
    "frozen": ("冻结", "Frozen"),
    "fund": ("基金", "Fund"),
    "granted": ("发放", "Granted"),
    "group_id": ("群", "Group"),
    "head": ("首位", "Head"),
    "hits": ("发生次数", "Happened"),
    "how": ("如何相关", "How"),
    "id": ("编号（redraw explain）", "Id (redraw explain)"),
    "in_year": ("年份", "Year"),
    "item": ("商品", "Item"),
    "last_at": ("最晚时间", "Last at"),
    "last_missing": ("缺号止", "Last missing"),
    "levels": ("层数", "Levels"),
    "like_rate": ("同类相比的比率", "Rate, like with like"),
    "list_price": ("标价", "List price"),
    "log10_gain": ("证据（10 的幂）", "Evidence (power of ten)"),
    "members": ("人数", "Members"),
    "messages": ("消息数", "Messages"),
    "moment": ("时间", "Moment"),
    "moved": ("带来的钱", "Money moved"),
    "name": ("名称", "Name"),
    "odds_ratio": ("优势比", "Odds ratio"),
    "odds_times": ("胜算为声明的倍数", "Times the declared odds"),
    "of_staff": ("相关员工账户", "Of staff account"),
    "other": ("其他收入", "Other income"),
    "outcome": ("结果", "Outcome"),
    "outside_wider": ("放宽口径的对外销售", "Outside sales, wider reading"),
    "participant_id": ("用户编号", "Participant"),
    "payout": ("支付", "Paid out"),
    "people": ("人数", "People"),
    "person": ("用户", "Person"),
    "persons": ("人数", "Persons"),
    "place": ("名次", "Place"),
    "places": ("名额", "Places"),
    "poorest_percent": ("收入最低的百分之几", "Poorest, percent"),
    "price": ("价格", "Price"),
    "purchase_id": ("订单编号", "Order"),
    "rate": ("比率", "Rate"),
    "reading": ("说法", "Reading"),
    "received": ("收到", "Received"),
    "recruits": ("推荐人数", "Recruits"),
    "rewarded_at": ("首次得奖时间", "First reward at"),
    "sales": ("销售额", "Sales"),
    "shares": ("份数", "Shares"),
    "step": ("第几级上级（-1：更上级或其他人）", "Levels up (-1: further up or elsewhere)"),
    "theory": ("", "Theory"),
    "假设": ("假设", ""),
    "to": ("上限", "To"),
    "tries": ("次数", "Tries"),
    "unknown": ("不明", "Unknown"),
    "withdrawable": ("可提现", "Withdrawable"),
    "early_boxes_never_win.rule": ("不中奖的盒子", "Boxes that never win"),
    "hidden_rule_at_work.rule": ("隐藏规则", "Hidden rule"),
    "hidden_rule_at_work.place": ("第几条", "Rule"),
    "rewards_by_source.share": ("占比", "Share"),
    "rewards_by_source.source": ("钱的来源", "Money from"),
    "outside_sales_share.source": ("钱的来源", "Money from"),
    "price_differs.place": ("第几单", "Nth order"),
    "join_order_favoured.place": ("加入名次", "Place taken"),
    "impossible_outcome.position": ("位次", "Position"),
    "impossible_outcome.winners": ("中奖人数", "Winners"),
    "wins_concentrated_in_clusters.value": ("内容", "Value"),
}
VALUES = {  # of a column of evidence
    "kind": {"person": ("个人", "person"), "recruited by": ("同一推荐人", "recruited by"), "address": ("地址", "address"),
             "device": ("设备", "device"), "payment-account": ("收付款账户", "payment account"), "staff": ("员工", "staff")},
    "source": {"entry": ("入门费", "entry fees"), "own": ("自用", "own orders"), "outside": ("对外销售", "outside sales"),
               "stake": ("参与费", "stakes"), "none": ("不带来钱的事件", "moves no money"), "pool": ("按日分配的奖池", "pool of the day"),
               "untraced": ("无法归集", "untraced")},
    "how": {"never entered": ("从未参加", "never entered"),
            "entered, no win recorded": ("参加过，没有中奖记录", "entered, no win recorded"),
            "staff": ("员工账户", "staff account"), "linked": ("与员工共用身份", "shares an identity with staff")},
    "fault": {"deducted twice": ("重复抵扣", "deducted twice"), "not their own": ("并非本人定金", "not their own"),
              "not a deposit": ("不是定金", "not a deposit"), "not deducted": ("未抵扣", "not deducted"),
              "paid later": ("付款在后", "paid later")},
    "group": {"meant": ("面向人群", "meant"), "new": ("新用户", "new"), "others": ("其他人", "others"),
              "(small)": ("（人数太少）", "(small)")},
    "odds_ratio": {"cannot tell": ("不能判断", "cannot tell")},
    "outcome": {"win": ("中奖", "win"), "loss": ("未中", "loss")},
}  # fmt: skip
KINDED = ("winners_concentrated", "wins_concentrated_in_clusters")  # whose kinds are ours, beside the payout checks
SUBJECTS = {  # before “in” an asset, or alone
    "members": "成员", "promises": "未了承诺", "rewards": "奖励", "cash": "现金", "orders": "订单", "entry fees": "入门费",
    "losing entry": "未中的参加", "invitations": "邀请", "paid invitations": "付酬的邀请", "levels": "层级", "all openings": "全部开启",
    "first boxes": "最前面的盒子", "boxes": "盒子", "hours": "时段", "days": "日期", "players": "用户", "prizes of the day": "当天奖品",
    "successive draws": "相继的抽取", "places": "位次", "tickets": "奖票", "rule": "隐藏规则", "claims": "宣传数字", "staff": "员工",
    "clusters": "关联账户", "people": "用户", "participants": "用户", "payouts": "付款", "payments": "付款", "awards": "奖励",
    "break-even": "回本", "tree": "推荐树", "messages": "消息", "recruits": "推荐", "initiators": "发起人", "outcomes": "结果",
    "openings": "开启", "deposits": "定金", "coupons": "券", "funds": "基金", "guarantees": "保底", "ranks": "级别", "requests": "申请",
    "money collected": "收款", "win rate": "中奖率", "top prize": "最高奖", "ages": "年龄", "notices": "公告", "amounts": "数额",
}  # fmt: skip


def column(say: Mapping[str, Any], check: str, key: str, plain: str) -> str:
    """The word for a column of a check's evidence; empty where this language does not show it."""
    for name in (f"column {check}.{key}", f"column {key}", plain):
        if name in say:
            return str(say[name])
    return key


def value(say: Mapping[str, Any], check: str, key: str, text: str) -> str:
    """A recurring value of a column in the language; any other, and the platform's own kinds, as they stand."""
    if key == "kind" and not check.startswith("payout_") and check not in KINDED:
        return text
    return str(say.get(f"value {key}.{text}", say.get(text, text) if key == "kind" else text))


def subject(say: Mapping[str, Any], text: str) -> str:
    """What a finding is about, in the language; a name from the rules or the export as it stands."""
    found = re.fullmatch(r"(.+) in (\S+)", text)
    if found and f"subject {found[1]}" in say:
        return f"{say[f'subject {found[1]}']}{say['subject in'].format(found[2])}"
    return str(say.get(f"subject {text}", text))


def column_words(place: int) -> dict[str, str]:
    """All of the above in one language (0 Chinese, 1 English), by the names under which they are looked up."""
    found = {f"column {name}": both[place] for name, both in COLUMNS.items()}
    found |= {f"value {key}.{text}": both[place] for key, texts in VALUES.items() for text, both in texts.items()}
    found |= {f"subject {name}": (zh, name)[place] for name, zh in SUBJECTS.items()}
    return {**found, "subject in": ("（{}）", " in {}")[place]}
