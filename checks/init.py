"""Draft a case from a folder of exports: case.yaml with its doubts beside each line, a rules.yaml to be written, and what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from audit.finding import Text, plain
from audit.intake.guess import LIKELY, NEEDED, SURE, Filled, Guess, tables_of
from audit.intake.sniff import KNOWN, Look, look
from audit.problem import Problem
from audit.scope import KEYS
from checks import every_check

RARE = ("draw", "drawn_number", "tier_total", "randomness")  # of number lotteries and of published seeds only
OFFSET = re.compile(r".*(Z|[+-]\d{2}:?\d{2})")
QUESTION = Text("问", "QUESTION")


def draft(exports: Path, out: Path, lang: Literal["zh", "en"]) -> str:
    """Write out/case.yaml and out/rules.yaml, and give what to say of them. Raises Problem; nothing of the user's is replaced."""
    if not exports.is_dir():
        raise Problem("no such folder", str(exports), mend="name the folder that holds the export files")
    files = sorted(path.relative_to(exports).as_posix() for path in exports.rglob("*")
                   if path.is_file() and path.suffix.lower() in KNOWN and not path.name.startswith((".", "~$")))  # fmt: skip
    if not files:
        raise Problem("holds no export file", str(exports), mend=f"files that are read end in {', '.join(KNOWN)}")
    for name in ("case.yaml", "rules.yaml"):
        if (out / name).exists():
            raise Problem(
                "is there already, and is not replaced", str(out / name), mend="name another folder with --out"
            )
    looks, unread = [], []
    for file in files:
        try:
            looks.append(look(exports, file))
        except Problem as problem:
            unread.append(problem)
    filled = [one for each in looks for one in tables_of(each)]
    known = {one.look.file for one in filled}
    texts = {
        "case.yaml": "\n".join(_case(out, looks, filled, [one for one in looks if one.file not in known], lang)) + "\n",
        "rules.yaml": "\n".join(_rules(exports, filled, lang)) + "\n",
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror or error}", str(out)) from None
    return "\n".join(_told(out, exports, filled, unread, known, looks, lang))


def _case(out: Path, looks: Sequence[Look], filled: Sequence[Filled], rest: Sequence[Look], lang: str) -> Iterator[str]:
    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    yield say("# 由 redraw init 起草：逐行核对后再用。数字是对列名与取值的把握，1.00 为最高。",
              "# Drafted by redraw init: read every line first. Numbers say how sure it is, 1.00 at most.")  # fmt: skip
    yield f"case: {_quoted(out.resolve().name or 'case')}"
    yield f'platform: "" # {say("平台名称", "whose export this is")}'
    yield f"timezone: {_zone(looks, lang)}"
    yield say("# period: {from: 2022-03-01, to: 2022-06-01}  # 导出涵盖的期间，止日不含；不写则视为涵盖全部",
              "# period: {from: 2022-03-01, to: 2022-06-01}  # what the export covers, `to` left out; absent: all there was")  # fmt: skip
    yield say("# platform_accounts: [PLATFORM]                # 平台自己的收款账户：付给它们的是参加费，不是奖励",
              "# platform_accounts: [PLATFORM]                # the platform's own accounts: money paid to them is a stake")  # fmt: skip
    yield "tables:"
    for table in dict.fromkeys(one.table for one in filled):
        mine = [one for one in filled if one.table == table]
        alike = [one for one in mine if one.look.names == mine[0].look.names]
        yield from _table(alike, lang)
        for other in mine[len(alike) :] if len(alike) < len(mine) else ():
            yield f"  # {other.look.file}: {say('看来也是此表，但列名不同', 'seems to be this table too, with other columns')}"
    if not filled:
        yield "  {}"
    for unknown in rest:
        why = say("不知是什么表；它的列：", "which table this is is not known; its columns:")
        yield f"# {_comment(unknown.file)}: {why} {_comment(', '.join(unknown.names))}"


def _table(alike: Sequence[Filled], lang: str) -> Iterator[str]:
    first = alike[0]
    files = [one.look.file for one in alike]
    yield f"  {first.table}: # {first.confidence:.2f}"
    yield f"    file: {_quoted(files[0]) if len(files) == 1 else '[' + ', '.join(map(_quoted, files)) + ']'}"
    if first.look.encoding:
        yield f"    # {'编码' if lang == 'zh' else 'encoding'}: {first.look.encoding}"
    for key, value in (("skip", first.look.skip), ("footer", first.look.footer)):
        if value:
            yield f"    {key}: {value}"
    if first.look.delimiter not in ("", ","):
        yield f"    delimiter: {_quoted(first.look.delimiter)}"
    if first.strip:
        yield f"    strip: {_quoted(first.strip)}"
    if first.empty:
        yield f"    empty: [{', '.join(map(_quoted, first.empty))}]"
    ids = next((one.name for one in first.columns if one.column == KEYS.get(first.table)), None)
    place = first.look.names.index(ids) if ids is not None else 0
    if (
        ids is not None
        and first.table != "outcome"
        and _counts_up([row[place] for one in alike for row in one.look.rows if place < len(row)], first.strip)
    ):
        ask = "编号似乎逐一递增；若确是如此，写上此行，缺号即为缺失的记录" if lang == "zh" else \
            "ids seem to count up by one; if they do, say so, and a gap is a missing record"  # fmt: skip
        yield f"    # sequence: {KEYS[first.table]} # {plain(QUESTION, lang)}: {ask}"
    yield "    columns:"
    amounts = {"entry": "paid", "purchase": "amount", "payment": "amount", "draw": "sales"}
    named = {one.column for one in first.columns}
    for one in first.columns:
        doubt = "" if one.confidence >= SURE else "  ← " + ("请核对" if lang == "zh" else "look at this")
        line = f"{one.column}: {_source(one)}"
        if one.unsure:
            doubt += f"  {plain(QUESTION, lang)}: " + (
                "千分位、小数点是这样写的吗？" if lang == "zh" else "are its numbers written so?"
            )
        if one.unknown:
            words = _comment("、".join(one.unknown) if lang == "zh" else ", ".join(one.unknown))
            ask = (
                f"{words} 各是中奖还是未中？写 values: {{词: win, 词: loss}}，或写奖品的名称"
                if lang == "zh"
                else f"which of {words} is a win, which a loss? write values: {{word: win, word: loss}}, or a prize's name"
            )
            doubt += f"  {plain(QUESTION, lang)}: {ask}"
        yield (
            f"      {line} # {one.confidence:.2f}{doubt}"
            if one.confidence >= LIKELY
            else f"      # {line} # {one.confidence:.2f}{doubt}"
        )
    if first.table in amounts and amounts[first.table] in named and "asset" not in named:
        ask = "各行都是人民币吗？" if lang == "zh" else "is every row in this currency?"
        yield f"      asset: {{value: CNY}} # {plain(QUESTION, lang)}: {ask}"
    unused = [name for name in first.look.names if name and name not in {one.name for one in first.columns}]
    if unused:
        yield f"      # {'未用的列' if lang == 'zh' else 'not used'}: {_comment(', '.join(unused))}"


def _counts_up(cells: Sequence[str], strip: str) -> bool:
    """Whether nearly all ids end in the number after another's."""
    ends = [re.search(r"(\d{1,18})$", cell.strip(strip)) for cell in cells]
    numbers = {int(one[1]) for one in ends if one}
    steps = sum(number + 1 in numbers for number in numbers)
    return len(numbers) >= 20 and len(numbers) == len(cells) and steps >= 0.9 * (len(numbers) - 1)


def _source(one: Guess) -> str:
    parts = [f"column: {_quoted(one.name)}"]
    parts += [f"as: {one.as_}"] if one.as_ else []
    parts += [f"thousands: {_quoted(one.thousands)}"] if one.thousands else []
    parts += [f"decimal: {_quoted(one.decimal)}"] if one.decimal != "." else []
    if one.values:
        words = ", ".join(f"{_quoted(theirs)}: {ours}" for theirs, ours in one.values.items())
        parts.append(f"values: {{{words}}}")
    if len(parts) == 1:
        return _quoted(one.name)
    return "{" + ", ".join(parts) + "}"


def _zone(looks: Sequence[Look], lang: str) -> str:
    """The zone, as a question where the times do not say it."""
    chinese = any("\u4e00" <= character <= "\u9fff" for one in looks for name in one.names for character in name)
    times = [
        cell
        for one in looks
        for row in one.rows[:50]
        for cell in row
        if re.match(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[ T]\d", cell)
    ]
    zoned = bool(times) and all(OFFSET.fullmatch(cell) for cell in times)
    zone = "Asia/Shanghai" if chinese else "UTC"
    if zoned:
        return f"{zone} # " + (
            "时间都带时区，此项只影响显示" if lang == "zh" else "every time has an offset; this is for days and display"
        )
    return f"{zone} # " + (
        f"{QUESTION.zh}：这些时间没有时区，是按哪里的时间记的？"
        if lang == "zh"
        else f"{QUESTION.en}: the times have no offset; in which zone were they kept?"
    )


def _rules(exports: Path, filled: Sequence[Filled], lang: str) -> Iterator[str]:
    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    times = sorted(cell[:10].replace("/", "-") for one in filled for guess in one.columns if guess.column.endswith("_at")
                   for place in [one.look.names.index(guess.name)] for row in one.look.rows
                   for cell in row[place : place + 1] if re.match(r"\d{4}[-/]\d{2}[-/]\d{2}", cell))  # fmt: skip
    assets = {
        ours
        for one in filled
        for guess in one.columns
        if guess.column in ("asset", "choice")
        for ours in guess.values.values()
    }
    yield say("# 平台公布了什么：由你据其公布的规则填写（格式见 README 与 audit/rules/README.md；redraw schema 给出 JSON Schema）。",
              "# What the platform declared: for you to write (see audit/rules/README.md, and redraw schema).")  # fmt: skip
    yield "campaign: " + (re.sub(r"[^a-z0-9-]+", "-", exports.resolve().name.lower()).strip("-") or "campaign").lstrip(
        "0123456789-"
    )[:60].ljust(1, "c")
    ask = say("规则自哪天起施行？", "from which day were the rules in force?")
    yield f"effective: {{from: {times[0] if times else '2000-01-01'}}} # {plain(QUESTION, lang)}: {ask}"
    yield "assets:"
    for asset in sorted(assets | {"CNY"}):
        step = '"0.01"' if asset == "CNY" else '"1"'
        yield f"  {asset}: {{step: {step}}}"
    reasons = [
        (one, guess) for one in filled if one.table == "payment" for guess in one.columns if guess.column == "reason"
    ]
    for one, guess in reasons[:1]:
        place = one.look.names.index(guess.name)
        seen = sorted({row[place].strip(one.strip) for row in one.look.rows if place < len(row)} - {""})[:20]
        yield say("# 付款名目（条款名应与之对应，在 case.yaml 的 reason 下写 values: {名目: 条款名}；不是奖励的写 other）：",
                  "# Reasons of payments; map them in case.yaml (reason: {column: …, values: {…: clause}}), no award: other")  # fmt: skip
        yield from (f"#   {_comment(word)}" for word in seen)
    yield '# entry: {stake: {CNY: "5"}}'
    yield "# draw: {kind: boxes, boxes: 24, prizes: {product: 1}, odds: uniform}"
    yield "# awards:"
    yield '#   rebate: {says: "…", on: entry, to: initiator, pays: {CNY: "4.50"}, due: 24h}'


def _told(out: Path, exports: Path, filled: Sequence[Filled], unread: Sequence[Problem], known: set[str], looks: Sequence[Look],
          lang: str) -> Iterator[str]:  # fmt: skip
    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    yield say(
        f"已起草 {out / 'case.yaml'} 与 {out / 'rules.yaml'}。",
        f"Drafted {out / 'case.yaml'} and {out / 'rules.yaml'}.",
    )
    for one in filled:
        doubts = [guess.name for guess in one.columns if LIKELY <= guess.confidence < SURE]
        more = say(f"；请核对 {'、'.join(doubts)}", f"; look at {', '.join(doubts)}") if doubts else ""
        yield f"  {_comment(one.look.file)} → {one.table} ({one.confidence:.2f}){_comment(more)}"
    for each in looks:
        if each.file not in known:
            yield f"  {_comment(each.file)} → ? " + say("不知是什么表", "which table this is is not known")
    for problem in unread:
        yield f"  {problem}"
    columns = {f"{one.table}.{guess.column}" for one in filled for guess in one.columns if guess.confidence >= LIKELY}
    columns |= {
        f"{table}.asset" for table in ("entry", "purchase", "payment") if any(one.table == table for one in filled)
    }
    tables = {one.partition(".")[0] for one in columns}
    yield ""
    yield say("还缺什么（缺的列：有则要看它的检查）：", "What is missing (columns: the checks that look at them):")
    lacking: dict[str, list[str]] = {}
    whole_checks = 0
    for check in every_check():
        own = [need for need in check.needs if need.partition(".")[0] not in RARE] or check.needs
        missing = [need for need in own if need not in columns]
        whole = sorted({need.partition(".")[0] for need in missing} - tables)
        some = [need for need in missing if need.partition(".")[0] in tables]
        short = ", ".join([*(say(f"整张表 {table}", f"the whole table {table}") for table in whole), *some])
        if short:
            lacking.setdefault(short, []).append(check.name)
        else:
            whole_checks += 1
    for short, names in lacking.items():
        yield f"  {short}: {', '.join(names)}"
    yield say(f"  其余 {whole_checks} 项检查要的列都在。", f"  The other {whole_checks} checks have all their columns.")
    for table in sorted(set(NEEDED) - {"draw"} - tables):
        yield say(
            f"  没有 {table} 表：凡要它的检查会说“不适用”。",
            f"  No table {table}: checks that need it will say so.",
        )
    yield ""
    place = "" if exports.resolve() == out.resolve() else f" --exports {exports}"
    yield say(f"接下来：核对 case.yaml，写好 rules.yaml，然后 redraw audit {out}{place} --out out",
              f"Next: read case.yaml, write rules.yaml, then redraw audit {out}{place} --out out")  # fmt: skip


def _quoted(text: str) -> str:
    """A YAML scalar; plain where nothing in it can be taken for something else."""
    plain_word = re.fullmatch(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff./-]*", text)
    reserved = text.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return text if plain_word and not reserved else json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
