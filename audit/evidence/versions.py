"""Which versions of which packages made an audit: the same ones make the same bytes."""

from __future__ import annotations

import hashlib
import platform
import zlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from audit import __version__

PACKAGES = (
    "duckdb", "pandas", "numpy", "scipy", "great-expectations", "pydantic", "pyyaml", "python-calamine", "xlsxwriter",
    "matplotlib", "jinja2", "fonttools", "pylopdf-fonts-zh-cn", "typst",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Name → version of everything whose version may change a byte of what an audit writes."""
    found = {"redraw": __version__, "python": platform.python_version(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def code_of(packages: Iterable[Path]) -> str:
    """SHA-256 over every source file of packages, names with contents: a copy of redraw that was changed shows."""
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted(one for one in package.rglob("*") if one.suffix in (".py", ".sql", ".yaml")):
            digest.update(f"{package.name}/{path.relative_to(package).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
