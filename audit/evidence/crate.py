"""What a bundle says of itself to other programs: RO-Crate 1.2 with the Process Run Crate profile, as plain JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

KINDS = {
    ".html": "text/html", ".json": "application/json", ".pdf": "application/pdf", ".csv": "text/csv", ".yaml": "application/yaml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".py": "text/x-python",
    ".parquet": "application/vnd.apache.parquet", ".duckdb": "application/vnd.duckdb.file", ".jsonl": "application/jsonl",
}  # fmt: skip
ABOUT = {
    "verify.py": "Verifies this bundle with the Python standard library alone.",
    "audit/findings.json": "The findings, for other programs.",
    "audit/case.duckdb": "The case file: inputs as read, rules, the SQL of every step, what was expected, what differs.",
    "case/rules.yaml": "The platform's declared rules.",
    "case/case.yaml": "Which export file is which table.",
    "versions.json": "The versions that made the audit, and the SHA-256 of every input.",
}


def crate_of(case: str, platform: str, published: str, made: Mapping[str, str], inputs: Sequence[Mapping[str, Any]],
             paths: Sequence[str], *, redacted: bool) -> str:  # fmt: skip
    """The text of ro-crate-metadata.json; paths are the bundle's files, published a day (no clock is read)."""
    sealed = [{"@id": path} for path in paths]
    read = [one["file"] for one in inputs]
    results = [{"@id": path} for path in paths if path.startswith("audit/")]
    held = {f"case/exports/{file}" for file in read} & set(paths)
    objects = [{"@id": f"case/exports/{file}" if f"case/exports/{file}" in held else f"#input-{number}"}
               for number, file in enumerate(read)]  # fmt: skip
    name = f"{platform or case}: sealed audit" + (" (redacted)" if redacted else "")
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
        },
        {
            "@id": "./", "@type": "Dataset", "name": name, "identifier": case, "datePublished": published,
            "description": "Inputs or their hashes, declared rules, findings and report of one audit by re-execution; "
            "manifest.json holds the SHA-256 of every file and the Merkle root over them.",
            "license": {"@id": "#terms"}, "hasPart": sealed, "mentions": {"@id": "#audit"},
            "conformsTo": {"@id": "https://w3id.org/ro/wfrun/process/0.5"},
        },
        {
            "@id": "https://w3id.org/ro/wfrun/process/0.5", "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5",
        },
        {
            "@id": "#terms", "@type": "CreativeWork", "name": "Evidence of one case",
            "description": "To be used by those who hold the case; no licence is granted by this bundle.",
        },
        {
            "@id": "#redraw", "@type": "SoftwareApplication", "name": "redraw", "version": made.get("redraw", ""),
            "softwareVersion": made.get("redraw", ""),
        },
        {
            "@id": "#audit", "@type": "CreateAction", "name": "redraw audit CASE --out DIR", "instrument": {"@id": "#redraw"},
            "object": [*objects, *({"@id": path} for path in paths if path.startswith("case/") and path.endswith(".yaml"))],
            "result": results,
        },
    ]  # fmt: skip
    for number, one in enumerate(inputs):
        if f"case/exports/{one['file']}" not in held:
            told = {"@id": f"#input-{number}", "@type": "CreativeWork", "name": one["file"], "sha256": one["sha256"]}
            graph.append({**told, "description": "Read by the audit; not in this bundle."})
    for path in paths:
        kind = KINDS.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
        entity = {"@id": path, "@type": "File", "name": path, "encodingFormat": kind}
        graph.append({**entity, **({"description": ABOUT[path]} if path in ABOUT else {})})
    told_all = {"@context": "https://w3id.org/ro/crate/1.2/context", "@graph": graph}
    return json.dumps(told_all, ensure_ascii=False, indent=1) + "\n"
