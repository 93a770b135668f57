"""Fail if fewer than 95 % of lines and branches of a part that calculates are covered; run after pytest --cov."""

import io
import sys

from coverage import Coverage

WANTED = 95.0
PARTS = (
    "appraise", "balance", "design", "discover", "economy", "indicators", "inventory", "knowledge", "monitor", "release",
    "scenario",
)  # fmt: skip


def main() -> int:
    """Return 1 if a part is below the mark."""
    failed = 0
    coverage = Coverage()
    coverage.load()
    for part in PARTS:
        found = coverage.report(include=[f"*/lichen/{part}/*"], file=io.StringIO())
        print(f"coverage of lichen.{part}: {found:.1f} % of lines and branches, wanted {WANTED:g} %")
        failed |= found < WANTED
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
