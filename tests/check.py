"""Every check of the project in one command: `python -m tests.check [pytest arguments]`.

Runs the linter, the formatter's check, the import contracts, the type checker and the tests with
their coverage bars. All of them run even when one fails; the exit code is 0 only when all passed.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE_BRANCH_BAR = 95
WHOLE_BAR = 85

HAS_TORCH = importlib.util.find_spec("torch") is not None
TYPED = [] if HAS_TORCH else ["facemotion", "installers", "start.py"]
"""What the type checker reads; nothing named means everything."""

STATIC_CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "import contracts": ["importlinter.cli", "lint-imports"],
    "pyright": ["pyright", "--pythonpath", sys.executable, *TYPED],
}


def main(arguments: Sequence[str]) -> int:
    """Run all checks and return 0 when every one passed."""
    failed = [name for name, command in STATIC_CHECKS.items() if not passes(name, command)]
    failed += run_tests(arguments)
    print("all checks passed" if not failed else f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def passes(name: str, command: Sequence[str]) -> bool:
    """Run a module of this environment and say whether it exited with 0."""
    print(f"== {name}", flush=True)
    return subprocess.call([sys.executable, "-m", *command], cwd=ROOT) == 0


def run_tests(arguments: Sequence[str]) -> list[str]:
    """Run pytest and, for a whole run, hold the coverage against its bars."""
    if not HAS_TORCH:
        print(
            "== the training tests are left out: torch is not installed. "
            "To run them: python3 start.py setup --extra training, then python3 start.py test"
        )
    tests = ["pytest", "--cov", "--cov-report=", *arguments]
    failed = [] if passes("tests", tests) else ["tests"]
    if arguments:
        return failed
    whole = ["coverage", "report", "--skip-covered", f"--fail-under={WHOLE_BAR}"]
    core = ["coverage", "report", "--include=facemotion/core/*", f"--fail-under={CORE_BRANCH_BAR}"]
    failed += [] if passes(f"coverage of the whole ≥ {WHOLE_BAR} %", whole) else ["coverage"]
    failed += [] if passes(f"coverage of core ≥ {CORE_BRANCH_BAR} %", core) else ["core coverage"]
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
