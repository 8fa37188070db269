"""Noto Sans SC and Noto Serif SC, cut down to the glyphs that stand on the page and written into it."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

SERIF_TAGS = frozenset({"h1", "h2", "h3"})
SILENT_TAGS = frozenset({"style", "script", "head"})
VOID_TAGS = frozenset({"meta", "br", "hr", "img", "link", "input", "wbr", "col", "use", "path"})


def sans() -> Path:
    """The full sans font on disk."""
    from pylopdf_fonts_zh_cn import sans_path

    return Path(sans_path())


def serif() -> Path:
    """The full serif font on disk."""
    from pylopdf_fonts_zh_cn import serif_path

    return Path(serif_path())


def font_faces(html: str) -> str:
    """The @font-face rules of a page, holding exactly its glyphs; the same page gives the same bytes."""
    in_sans, in_serif = letters(html)
    faces = [("Noto Sans SC", sans(), in_sans), ("Noto Serif SC", serif(), in_serif)]
    return "\n".join(_face(family, path, used) for family, path, used in faces if used)


def letters(html: str) -> tuple[frozenset[str], frozenset[str]]:
    """The characters of a page set in sans, and those set in serif (headings, and what bears the class serif)."""
    reader = _Letters()
    reader.feed(html)
    reader.close()
    return frozenset(reader.sans), frozenset(reader.serif)


def subset(path: Path, characters: Iterable[str]) -> bytes:
    """A font reduced to some characters, as WOFF. Characters that the font lacks are left to the reader's own.

    WOFF2 would be a tenth smaller and take twice as long.
    """
    import io

    from fontTools import subset as cutter

    options = cutter.Options()
    options.flavor = "woff"
    options.hinting = False
    options.recalc_timestamp = False
    options.layout_features = ["kern", "liga", "ccmp", "pwid"]
    options.name_IDs = [0, 1, 2, 13, 14]  # the licence travels with the glyphs
    font = cutter.load_font(str(path), options)
    cut = cutter.Subsetter(options)
    cut.populate(unicodes=sorted(ord(one) for one in characters))
    cut.subset(font)
    out = io.BytesIO()
    cutter.save_font(font, out, options)
    font.close()
    return out.getvalue()


def _face(family: str, path: Path, characters: Iterable[str]) -> str:
    import base64

    data = base64.b64encode(subset(path, characters)).decode("ascii")
    return (
        f'@font-face {{ font-family: "{family}"; font-weight: 400; '
        f'src: url("data:font/woff;base64,{data}") format("woff"); }}'
    )


class _Letters(HTMLParser):
    """Collects the characters of text by the family they are set in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sans: set[str] = set()
        self.serif: set[str] = set()
        self.open: list[tuple[str, bool, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID_TAGS:
            return
        _, serif, silent = self.open[-1] if self.open else ("", False, False)
        classes = (dict(attrs).get("class") or "").split()
        serif = "sans" not in classes and (serif or tag in SERIF_TAGS or "serif" in classes)
        self.open.append((tag, serif, silent or tag in SILENT_TAGS))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        _, serif, silent = self.open[-1] if self.open else ("", False, False)
        if not silent:
            (self.serif if serif else self.sans).update(data)
