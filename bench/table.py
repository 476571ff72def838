"""Markdown tables, ready to be pasted into a document."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table with columns as wide as their longest cell."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    ruler = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(head), ruler, *(line(row) for row in rows)])


def spread(values: Sequence[float], unit: str = "ms") -> str:
    """Give median and 95th percentile."""
    ninety_five = sorted(values)[min(len(values) - 1, round(0.95 * (len(values) - 1)))]
    return f"{statistics.median(values):.0f} {unit} (p95 {ninety_five:.0f} {unit}, n={len(values)})"
