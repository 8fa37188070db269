"""What can be done with the evidence that an audit leaves: explain a row, seal it, verify it, tell two audits apart."""

from __future__ import annotations

from audit.evidence.diff import diff
from audit.evidence.explain import explain
from audit.evidence.told import Explanation, Part, as_text

__all__ = ["Explanation", "Part", "as_text", "diff", "explain"]
