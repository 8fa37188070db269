"""Great Expectations: it judges a frame of numbers that DuckDB computed over all rows, for it does not work on DuckDB.

This is the only file that imports it, and only when an audit runs: its import takes seconds.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def judge_apart(expected: Sequence[str], observed: Sequence[str]) -> tuple[str, list[bool]]:
    """As `judge`, in a process of its own: what Great Expectations imports holds memory that a large export needs."""
    call = [sys.executable, "-P", "-m", __name__]
    told = subprocess.run(call, input=json.dumps([expected, observed]), capture_output=True, text=True, check=False)
    if told.returncode:
        raise RuntimeError(told.stderr or f"Great Expectations ended with status {told.returncode}")
    expectation, judged = json.loads(told.stdout.splitlines()[-1])
    return expectation, judged


def judge(expected: Sequence[str], observed: Sequence[str]) -> tuple[str, list[bool]]:
    """Great Expectations' name for what is expected, and whether each observed number is the expected one.

    Numbers are text: a sum of fen passes 2^53. One expectation on pairs, for each costs a hundredth of a second to set up.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd

        with _without("pyspark"), _without("rfc3987_syntax"):
            import great_expectations as gx
        from great_expectations.expectations.core.expect_column_pair_values_to_be_equal import (
            ExpectColumnPairValuesToBeEqual,
        )

        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        frame = pd.DataFrame({"expected": list(expected), "observed": list(observed)}, dtype=object)
        source = context.data_sources.add_pandas("case").add_dataframe_asset("metrics")
        batch = source.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        equal = ExpectColumnPairValuesToBeEqual(column_A="observed", column_B="expected", ignore_row_if="neither")
        told = batch.validate(equal, result_format="COMPLETE")
    if told.exception_info["raised_exception"]:
        raise RuntimeError(told.exception_info["exception_message"])
    differing = set(told.result["unexpected_index_list"])
    return equal.expectation_type, [place not in differing for place in range(len(observed))]


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Hide a package from an import that would load it wherever it lies.

    Great Expectations loads pyspark, which may exit, and through Altair's JSON schemas rfc3987_syntax (it comes with Jupyter),
    which takes two seconds to make parsers of addresses in every script.
    """
    loaded = {name: module for name, module in sys.modules.items() if name.split(".")[0] == package}
    for name in loaded:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(loaded)


if __name__ == "__main__":
    print(json.dumps(judge(*json.load(sys.stdin))))
