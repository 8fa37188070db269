"""A YAML file as plain values that remember where they stand.

YAML's own guesses are refused where they would change a figure: a bare float has lost its digits before anyone reads
it, `010` is eight, `1:30` is ninety. Keys are read as they are written, so `on:` stays `on`.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from audit.problem import Problem, raise_all

if TYPE_CHECKING:
    import yaml
    from pydantic import TypeAdapter

T = TypeVar("T")
Path_ = tuple[str | int, ...]
WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Document:
    """The values of one YAML file; marks gives (line, column) from 1 of the key or item at a path."""

    file: str
    text: str
    sha256: str
    data: Any
    marks: dict[Path_, tuple[int, int]]

    def problem(self, path: Path_, message: str, *, value: str = "", mend: str = "") -> Problem:
        """A problem at the nearest known place of a path."""
        while path and path not in self.marks:
            path = path[:-1]
        line, column = self.marks.get(path, (1, 1))
        return Problem(message, self.file, line, column, value, mend)


def read_document(path: Path, shown: str | None = None) -> Document:
    """Read a YAML file, or raise a Problem with its line and column."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise Problem("no such file", str(path), mend="name a rules file, or a folder that holds case.yaml and rules.yaml") from None
    except IsADirectoryError:
        raise Problem("a folder, where a file should be", str(path), mend="name the file itself") from None
    except OSError as error:
        raise Problem(f"cannot be read: {error.strerror}", str(path), mend="give read permission") from None
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig").split("\n")
        bad = raw[error.start : error.start + 4].hex(" ")
        raise Problem("these bytes are not UTF-8", str(path), len(before), len(before[-1]) + 1, bad, "save it as UTF-8") from None
    return parse_document(text, shown or path.name, hashlib.sha256(raw).hexdigest())


def parse_document(text: str, shown: str, sha256: str) -> Document:
    """The document of a YAML text, such as the one that a case file keeps. Raises Problem."""
    import yaml

    marks: dict[Path_, tuple[int, int]] = {}
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):  # an alias may stand for itself, or for a billion others
                line, column = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (1, 1)
                raise Problem("aliases are not read", shown, line, column, event.anchor or "", "write the value out")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = {} if node is None else _plain(node, (), marks, shown)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        mend = "write spaces, no tabs; put text with marks of YAML in quotes; keep one document a file"
        raise Problem(f"not readable as YAML: {error.problem or error.context}", shown, line, column, mend=mend) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Problem(f"not readable as YAML: {error}", shown, 1, 1) from None
    return Document(shown, text, sha256, data, marks)


def _plain(node: yaml.Node, path: Path_, marks: dict[Path_, tuple[int, int]], file: str) -> Any:
    import yaml

    def refuse(at: yaml.Node, message: str, mend: str) -> Problem:
        value = at.value if isinstance(at.value, str) else ""
        return Problem(message, file, at.start_mark.line + 1, at.start_mark.column + 1, value, mend)

    marks.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise refuse(key, "a key must be plain text", "write the keys out")
            if key.value in found:
                raise refuse(key, "this key stands twice", "keep one of them")
            below = (*path, key.value)
            marks[below] = (key.start_mark.line + 1, key.start_mark.column + 1)
            found[key.value] = _plain(value, below, marks, file)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, place), marks, file) for place, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    raw: str = node.value
    kind = node.tag.rsplit(":", 1)[-1]
    if node.style in ("'", '"', "|", ">") or kind in ("str", "timestamp"):
        return raw
    if kind == "null":
        return None
    if kind == "bool" and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    if kind == "float":
        raise refuse(node, "a bare number with a point is refused", f'put it in quotes: "{raw}"')
    if kind == "int" and not WHOLE.fullmatch(raw):
        if ":" in raw:
            return raw
        raise refuse(node, "this would be read as another number", f'put it in quotes: "{raw}"')
    return int(raw) if kind == "int" else raw


def read_record(adapter: TypeAdapter[T], document: Document, words: Callable[[], Iterable[str]]) -> T:
    """The typed record of a document; every fault is a Problem with line, column and "did you mean".

    words gives the keys that the vocabulary knows: suggestions come from them, and only a fault asks for them.
    """
    from pydantic import ValidationError

    try:
        return adapter.validate_python(document.data)
    except ValidationError as error:
        faults = error.errors()
        # a value may have one of several shapes: what the shapes that it plainly has not would want is no help
        meant = [fault for fault in faults if not _other_shape(fault)] or faults
        known = sorted(words())
        raise_all([_problem(document, fault, known) for fault in meant])
        raise


def _other_shape(fault: Any) -> bool:
    wants_text = fault["type"] in ("literal_error", "string_type")
    wants_more = fault["type"] in ("mapping_type", "dict_type", "tuple_type", "dataclass_type")
    return (wants_text and isinstance(fault["input"], dict | list)) or (wants_more and isinstance(fault["input"], str))


def _problem(document: Document, fault: Any, words: list[str]) -> Problem:
    path: Path_ = ()
    here, tagged = document.data, False
    for part in fault["loc"]:
        if not tagged and isinstance(here, dict) and here.get("kind") == part:
            tagged = True  # the name of the shape, which is no key
        elif (*path, part) in document.marks:
            path, here, tagged = (*path, part), here[part], False
    if fault["type"] == "extra_forbidden" or fault["type"] == "unexpected_keyword_argument":
        wrong = str(fault["loc"][-1])
        near = difflib.get_close_matches(wrong, words, 1, 0.5)
        mend = f"did you mean {near[0]!r}?" if near else ""
        if wrong in words:
            mend = "this key belongs elsewhere: see `redraw schema` and `redraw schema case`"
        return document.problem(path, f"unknown key {wrong!r}", mend=mend)
    value = fault["input"] if isinstance(fault["input"], str | int) else ""
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] in ("missing", "missing_argument"):
        message, value = f"the key {fault['loc'][-1]!r} is missing", ""
    mend = ""
    if fault["type"] == "string_pattern_mismatch":
        message, mend = "not a name that can be used here", f"write it as {fault['ctx']['pattern']}"
    if fault["type"] == "literal_error" and isinstance(value, str):
        choices = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
        near = difflib.get_close_matches(value, choices, 1, 0.5)
        mend = f"did you mean {near[0]!r}?" if near else ""
    return document.problem(path, message, value=str(value).lower() if isinstance(value, bool) else str(value), mend=mend)
