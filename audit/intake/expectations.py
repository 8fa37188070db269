"""Great Expectations: it judges a one-row frame of numbers that DuckDB computed over all rows, for it does not work on DuckDB.

This is the only file that imports it, and only when an audit runs: its import takes seconds.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def judge(names: Sequence[str], expected: Sequence[str], numbers: Sequence[str]) -> list[tuple[str, bool]]:
    """Great Expectations' verdict on each named number: (expectation, success). Numbers are text: a sum of fen passes 2^53."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd

        with _without("pyspark"):
            import great_expectations as gx
        from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
            ExpectColumnValuesToBeInSet,
        )

        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        frame = pd.DataFrame([list(numbers)], columns=list(names), dtype=object)
        source = context.data_sources.add_pandas("case").add_dataframe_asset("metrics")
        batch = source.add_batch_definition_whole_dataframe("all")
        suite = gx.ExpectationSuite(
            name="gate",
            expectations=[
                ExpectColumnValuesToBeInSet(column=name, value_set=[value])
                for name, value in zip(names, expected, strict=True)
            ],
        )
        result = batch.get_batch({"dataframe": frame}).validate(suite)
    verdicts = {one.expectation_config.kwargs["column"]: one for one in result.results}
    return [(verdicts[name].expectation_config.type, bool(verdicts[name].success)) for name in names]


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Hide a package from an import that would load it: Great Expectations loads pyspark wherever it lies, and that may exit."""
    loaded = {name: module for name, module in sys.modules.items() if name.split(".")[0] == package}
    for name in loaded:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(loaded)
