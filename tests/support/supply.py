"""The list of what Shouwen runs on, for machines: ``deploy/sbom.cdx.json`` (CycloneDX 1.6) from lock and licences.

``python -m tests.support.supply`` writes it anew; ``make lock`` does that.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = ROOT / "deploy/requirements.lock"
LICENCES: Final = ROOT / "docs/licences.md"
SBOM: Final = ROOT / "deploy/sbom.cdx.json"


def pinned(lock: str) -> dict[str, str]:
    """Name -> version of every package of the lock, in its order."""
    return dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", lock))


def bill_of_materials() -> dict[str, Any]:
    """What the file has to say. Says nothing of when it was made: the same lock gives the same bytes."""
    content = LOCK.read_bytes()
    licences = dict(re.findall(r"(?m)^\| ([A-Za-z0-9._-]+) \| [^|]+ \| ([^|]+) \|$", LICENCES.read_text("utf-8")))
    parts = [_part(name, version, licences.get(name, "").strip()) for name, version in pinned(content.decode()).items()]
    digest = {"name": "shouwen:requirements.lock:sha256", "value": hashlib.sha256(content).hexdigest()}
    product = {"type": "application", "name": "shouwen", "licenses": [{"license": {"id": "Apache-2.0"}}]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product, "properties": [digest]},
        "components": parts,
    }


def _part(name: str, version: str, licence: str) -> dict[str, Any]:
    address = f"pkg:pypi/{name}@{version}"
    known = {"licenses": [{"license": {"name": licence}}]} if licence else {}
    return {"type": "library", "bom-ref": address, "name": name, "version": version, **known, "purl": address}


def written() -> str:
    return json.dumps(bill_of_materials(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SBOM.write_text(written(), encoding="utf-8")
