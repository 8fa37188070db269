"""Which versions of which packages made an audit: the same ones make the same bytes."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from audit import __version__

PACKAGES = (
    "duckdb", "pandas", "numpy", "scipy", "great-expectations", "pydantic", "pyyaml", "python-calamine", "xlsxwriter",
    "matplotlib", "jinja2", "fonttools", "brotli", "pylopdf-fonts-zh-cn", "typst",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Name → version of everything whose version may change a byte of what an audit writes."""
    found = {"redraw": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
