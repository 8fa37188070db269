"""Every label of the report, Chinese and English side by side. Findings bring their own words."""

from __future__ import annotations

from audit.report.cover import Lang


def words(lang: Lang) -> dict[str, str]:
    """The labels in one language, by name."""
    place = 0 if lang == "zh" else 1
    return {name: both[place] for name, both in (*PAGE.items(), *DATA.items())}


PAGE = {
    "title": ("重演审计报告", "Audit report by re-execution"),
    "strap": (
        "按平台自己公布的规则重新计算，再与平台自己的记录逐笔对照。",
        "The platform’s published rules, carried out again on the platform’s own records and compared line by line.",
    ),
    "case": ("案件", "Case"),
    "campaign": ("活动规则", "Rules"),
    "period": ("期间", "Period"),
    "to": ("至", "to"),
    "whole": ("导出数据的全部期间", "all that the export covers"),
    "skip": ("跳到要点", "Skip to the summary"),
    "contents": ("目录", "Contents"),
    "screens": ("须先知道的事实", "Facts to know first"),
    "screens_note": (
        "以下为筛查提示，只陈述事实或线索：不是违规结论，不计入裁决，也不指控任何人。",
        "These are screens: facts or leads. They are no verdict, count towards none, and accuse nobody.",
    ),
    "screen": ("提示", "Screen"),
    "brief": ("要点", "In brief"),
    "asked_declared": ("平台公布了什么？", "What was declared?"),
    "asked_happened": ("实际发生了什么？", "What happened?"),
    "asked_sure": ("有多大把握？", "How sure is this?"),
    "asked_unseen": ("哪些看不到？", "What could not be seen?"),
    "guide": ("怎样读这份报告", "How to read this report"),
    "guide_law": (
        "法官、监管人员：读“要点”即可；每项裁决只说记录与公布是否相符，不作法律定性。",
        "Judges and regulators: “In brief” is enough. A verdict says whether the records agree with what was "
        "declared; it makes no finding of law.",
    ),
    "guide_audit": (
        "审计人员：每项裁决附 SQL，可在 case.duckdb 上原样重跑；逐行证据在 discrepancies.xlsx。",
        "Auditors: every verdict carries the SQL that can be run again on case.duckdb; all rows of evidence are in "
        "discrepancies.xlsx.",
    ),
    "guide_platform": (
        "平台：每行证据都写明源文件、记录号和行号，可逐笔核对、说明或更正。",
        "Platforms: each row of evidence names its source file, record and line, to be checked, explained or mended.",
    ),
    "verdicts": ("裁决一览", "The verdicts"),
    "verdict": ("裁决", "Verdict"),
    "finding": ("发现", "Finding"),
    "findings": ("逐项说明", "Findings, one by one"),
    "check": ("检查", "Check"),
    "subject": ("对象", "Subject"),
    "basis": ("依据", "Basis"),
    "declared": ("公布", "Declared"),
    "observed": ("实际", "Observed"),
    "amount": ("涉及数额", "Amount"),
    "e_value": ("证据倍数（e 值）", "Weight of evidence (e-value)"),
    "p_value": ("p 值", "p-value"),
    "could": ("本数据能看出的最小偏离", "Smallest deviation this export could have shown"),
    "clauses": ("条款", "Clauses"),
    "e_note": (
        "若公布属实，这样强的反面证据出现的概率至多为",
        "If the declaration were true, evidence this strong against it would arise with probability at most",
    ),
    "e_weak": ("证据不站在反对公布的一边。", "The evidence does not speak against the declaration."),
    "provisions": ("相关规定", "Provisions concerned"),
    "provisions_note": (
        "所列规定供对照；是否违反由有权机关认定。",
        "Listed for comparison; whether one is infringed is for the competent authority to decide.",
    ),
    "evidence": ("证据行", "Rows of evidence"),
    "source": ("来源", "Source"),
    "record": ("第 {} 条记录", "record {}"),
    "line": ("第 {} 行", "line {}"),
    "shown": ("共 {total} 行，此处列前 {shown} 行；", "{total} rows, the first {shown} shown here; "),
    "shown_all": ("共 {total} 行；", "{total} rows; "),
    "in_workbook": (
        "全部见 discrepancies.xlsx 工作表“{}”，编号 {}。",
        "all in discrepancies.xlsx, sheet “{}”, number {}.",
    ),
    "sql": ("得出这些行的 SQL", "The SQL that returns these rows"),
    "payouts": ("按条款的应付与实付", "Owed and paid, by clause"),
    "payouts_note": (
        "“应付”为按公布规则重算的全部数额，含导出截止时尚未到期的；“实付”为记录所载。差额为零不等于逐笔相符，逐笔结果见发现。",
        "“Owed” is everything the declared rules give, with what was not yet due when the export ends; “paid” is what "
        "the records hold. A difference of zero does not mean that each payment agrees: the findings say that.",
    ),
    "unheld": (
        "按规则无人应得的部分（该角色空缺，由平台留存）",
        "What the rules give to nobody (no one holds the role, so the platform keeps it)",
    ),
    "inputs": ("所用文件", "The files that were read"),
    "inputs_note": (
        "SHA-256 是文件的指纹：任何人手里的文件若指纹相同，就是同一份文件。读取 + 退回 = 总数。",
        "SHA-256 is a file’s fingerprint: a file with the same fingerprint is the same file. "
        "Accepted + refused = counted.",
    ),
    "unread": ("未读取的列", "Columns not read"),
    "rerun": ("怎样重做", "How to run it again"),
    "rerun_note": (
        "同样的输入得到逐字节相同的结论。case.duckdb 可用 DuckDB 打开，表 step 存有每一步的 SQL，表 rule 存有规则全文；"
        "其中数额以最小单位（如分）计，本页和工作簿以元等单位计。",
        "The same inputs give the same findings, byte for byte. case.duckdb opens in DuckDB; its table step holds the "
        "SQL of every step, its table rule the full text of the rules. Amounts in it are whole steps (such as cents); this "
        "page and the workbook show units.",
    ),
    "made_by": ("由 redraw {} 生成", "Made by redraw {}"),
    "none": ("无", "none"),
    "colon": ("：", ": "),
    "comma": ("，", ", "),
    "figures": ("图示", "Pictures"),
    "figure_boxes": ("每个盒子中奖多少次", "How often each box won"),
    "figure_boxes_note": (
        "柱：记录的中奖次数。黑线：按公布概率、就这些开盒应有的次数。灰区：公布属实时，每盒各自有 95% 机会落入的范围。"
        "斜纹柱并标 × 的在灰区之外：{count} 项中有 {outside} 项；公布属实时平均至多 {chance} 项。图不作结论，裁决见下。",
        "Bar: wins on record. Black line: what the declared chances of these very openings give. Grey: where each box "
        "alone would fall 95 times in 100, were the declaration true. Hatched and marked ×: outside the grey, "
        "{outside} of {count}; were the declaration true, at most {chance} on average. A picture concludes nothing; "
        "the verdicts do.",
    ),
    "figure_numbers": ("{}：各号码开出次数", "How often each number was drawn: {}"),
    "figure_numbers_note": (
        "点：开出次数。黑线：按公布应有的次数。灰区：公布属实时，每个号码各自有 95% 机会落入的范围。"
        "标 × 的在灰区之外：{count} 个中有 {outside} 个；公布属实时平均至多 {chance} 个。图不作结论，裁决见下。",
        "Dot: times drawn. Black line: what the declaration gives. Grey: where each number alone would fall 95 times in "
        "100, were it true. Marked ×: outside the grey, {outside} of {count}; were it true, at most {chance} on average. "
        "A picture concludes nothing; the verdicts do.",
    ),
    "boxes_tries": ("开盒次数", "Openings"),
    "numbers_tries": ("开奖期数", "Draws"),
    "numbers_table": ("以表格显示同样的数字", "The same numbers as a table"),
}

DATA = {
    "FAIL": ("不符", "Contradicted"),
    "PASS": ("通过", "Upheld"),
    "INCONCLUSIVE": ("不能下结论", "Cannot tell"),
    "NOT_APPLICABLE": ("不适用", "Does not apply"),
    "screen_FAIL": ("已亮", "lit"),
    "screen_PASS": ("备查", "noted"),
    "screen_INCONCLUSIVE": ("不能判断", "cannot tell"),
    "screen_NOT_APPLICABLE": ("不适用", "does not apply"),
    "means_FAIL": (
        "记录与公布的规则相抵触，或其一自相矛盾",
        "the records contradict what was declared, or one of the two contradicts itself",
    ),
    "means_PASS": ("能看出不符，而未见不符", "a contradiction could have been seen, and was not"),
    "means_INCONCLUSIVE": ("数据不足或有缺损", "too little data, or damaged data"),
    "means_NOT_APPLICABLE": ("本案没有这类规则或数据", "no such rule or data in this case"),
    "arithmetic": ("算术：逐笔计算", "arithmetic"),
    "document": ("文件：公布文本本身", "document"),
    "statistical": ("统计：对公布概率的检验", "statistical"),
    "basis_screen": ("筛查：不作结论", "screen: concludes nothing"),
    "status_verified": ("文本已核对", "text verified"),
    "status_quoted": ("据转引", "as quoted elsewhere"),
    "status_undated": ("生效日期未核实", "first day in force not confirmed"),
    "clause": ("条款", "Clause"),
    "says": ("公布原话", "As declared"),
    "asset": ("资产", "Asset"),
    "owed": ("应付", "Owed"),
    "paid": ("实付", "Paid"),
    "difference": ("差额", "Difference"),
    "owed_rows": ("应付笔数", "Owed rows"),
    "paid_rows": ("实付笔数", "Paid rows"),
    "kind": ("类型", "Kind"),
    "event": ("事件", "Event"),
    "events": ("事件数", "Events"),
    "payee": ("应收人", "Payee"),
    "due_at": ("应付时间", "Due at"),
    "event_at": ("事件时间", "Event at"),
    "paid_to": ("实收人", "Paid to"),
    "paid_asset": ("实付资产", "Asset paid"),
    "paid_at": ("付款时间", "Paid at"),
    "payment_id": ("流水号", "Payment"),
    "at_stake": ("涉及数额", "At stake"),
    "source_file": ("源文件", "Source file"),
    "record_no": ("记录号", "Record"),
    "line_no": ("行号", "Line"),
    "still_owed": ("仍欠", "Still owed"),
    "rows": ("行数", "Rows"),
    "earliest": ("最早到期", "Earliest due"),
    "file": ("文件", "File"),
    "table": ("表", "Table"),
    "encoding": ("编码", "Encoding"),
    "counted": ("总数", "Counted"),
    "accepted": ("读取", "Accepted"),
    "refused": ("退回", "Refused"),
    "column": ("列", "Column"),
    "source_column": ("平台列名", "Platform’s column"),
    "value": ("原文", "As it stands"),
    "mend": ("如何更正", "Mend"),
    "finding_no": ("编号", "Number"),
    "number": ("号码", "Number"),
    "text": ("说明", "In words"),
    "evidence_row": ("其余各列", "The row’s other columns"),
    "missing": ("未付", "Missing"),
    "unexpected": ("无据付款", "Unexpected"),
    "duplicate": ("重复付款", "Duplicate"),
    "wrong_amount": ("数额不符", "Wrong amount"),
    "wrong_asset": ("资产不符", "Wrong asset"),
    "wrong_payee": ("付错人", "Wrong payee"),
    "late": ("迟付", "Late"),
    "undetermined": ("无法确定", "Undetermined"),
    "sheet_summary": ("汇总", "Summary"),
    "sheet_payees": ("仍欠各人", "Still owed"),
    "sheet_discrepancies": ("逐笔差异", "Discrepancies"),
    "sheet_refused": ("退回的单元格", "Refused cells"),
    "sheet_findings": ("发现", "Findings"),
    "sheet_evidence": ("证据行", "Evidence"),
    "all_clauses": ("（全部）", "(all)"),
    "position": ("盒号", "Box"),
    "openings": ("开盒次数", "Openings"),
    "wins": ("中奖次数", "Wins"),
    "expected": ("按公布应有", "Declared expectation"),
    "range": ("95% 范围", "95 % range"),
    "box": ("盒号", "Box"),
    "chance": ("公布概率", "Declared chance"),
    "net": ("净收入", "Net"),
    "in_claim": ("在所称范围内", "Within the claim"),
    "rule": ("不中奖的盒子", "Boxes that never win"),
    "log10_evidence": ("证据（10 的幂）", "Evidence (power of ten)"),
    "share": ("支持度", "Share of belief"),
    "not_ruled_out": ("未被排除", "Not ruled out"),
    "awards": ("给付数", "Awards"),
    "draw_id": ("期号", "Draw"),
    "pool": ("号码组", "Pool"),
    "times": ("次数", "Times"),
    "tier": ("奖级", "Tier"),
    "winners": ("中奖注数", "Winning bets"),
    "prize": ("每注奖金", "Prize a bet"),
    "drawn": ("开出次数", "Times drawn"),
    "ball": ("号码", "Number"),
}
