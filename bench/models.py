"""Random models against the reference of the tests: walks those from seed FIRST to before LAST.

Every ten seconds it says how far it is. A mismatch is shown and does not stop it; an interrupted run says with which
arguments it goes on. ``python -m bench.models 0 1000000``
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.interpreter.walking import walk_a_model

_EVERY = 10.0  # seconds between two lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.models", description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    seeds = parser.parse_args()
    mismatches: list[int] = []
    begun = said = time.monotonic()
    steps = 0
    seed = seeds.first
    try:
        for seed in range(seeds.first, seeds.last):
            try:
                steps += sum(len(path.trail) for path in walk_a_model(seed))
            except Exception:  # noqa: BLE001 - whatever it is, this model differs
                mismatches.append(seed)
                traceback.print_exc()
            if time.monotonic() - said > _EVERY:
                said = time.monotonic()
                _say(seed + 1 - seeds.first, steps, said - begun, mismatches)
    except KeyboardInterrupt:
        print(f"go on with: python -m bench.models {seed} {seeds.last}")
        return 1
    _say(seeds.last - seeds.first, steps, time.monotonic() - begun, mismatches)
    return 1 if mismatches else 0


def _say(models: int, steps: int, seconds: float, mismatches: list[int]) -> None:
    found = f"{len(mismatches)} mismatches {mismatches[:10]}" if mismatches else "no mismatch"
    print(f"{models} models, {steps} steps, {models / seconds:.1f} models/s, {found}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
