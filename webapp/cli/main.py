"""Parsing the command line and answering errors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from engine.database import DatabaseAway
from engine.errors import EngineError, PackageRefused
from webapp.cli import (
    administration,
    audits,
    backups,
    benchmarks,
    case_files,
    erasures,
    event_logs,
    histories,
    packages,
    serving,
    support,
)

#: Each adds its verbs to the parser and sets ``run`` to a function of the arguments that gives the exit status.
PARSERS: Sequence[Callable[[argparse._SubParsersAction[argparse.ArgumentParser]], None]] = (
    serving.add_parsers,
    packages.add_parsers,
    case_files.add_parsers,
    histories.add_parsers,
    erasures.add_parsers,
    event_logs.add_parsers,
    audits.add_parsers,
    support.add_parsers,
    administration.add_parsers,
    backups.add_parsers,
    benchmarks.add_parsers,
)


def parser() -> argparse.ArgumentParser:
    """Every command there is."""
    made = argparse.ArgumentParser(prog="shouwen", description="Complaint handling by the company's own regulation.")
    verbs = made.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for add in PARSERS:
        add(verbs)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    given = parser().parse_args(arguments)
    try:
        status: int = given.run(given)
    except PackageRefused as error:
        packages.print_findings(error.findings)
        return 1
    except DatabaseAway as error:
        print(f"shouwen {given.verb}: {error}", *error.refusal.splitlines(), sep="\n  ", file=sys.stderr)
        return 1
    except (EngineError, ValueError) as error:
        print(f"shouwen {given.verb}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        print(f"shouwen {given.verb}: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status
