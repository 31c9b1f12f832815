"""The real server as a process of its own, on a real port, and a small client that keeps its connection."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.site import COMPANIES

_ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """``shouwen serve`` on the installation in *folder*."""

    folder: Path
    database_url: str
    port: int
    with_worker: bool = True
    environment: Mapping[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 180) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            shouwen("serve", *(["--with-worker"] if self.with_worker else [])),
            cwd=_ROOT,
            env=self.settings(),
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, "the server ended by itself"
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the server did not answer")

    def kill(self) -> None:
        """As when the power fails: no goodbye."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another ``shouwen`` command on the same installation."""
        return subprocess.run(
            shouwen(*arguments), cwd=_ROOT, env=self.settings(), capture_output=True, text=True, check=False
        )

    def settings(self) -> dict[str, str]:
        return {
            **os.environ,
            "SHOUWEN_VAR": str(self.folder),
            "SHOUWEN_PROCESSES": str(COMPANIES / "processes"),
            "SHOUWEN_FORMS": str(COMPANIES / "forms"),
            "SHOUWEN_DATABASE_URL": self.database_url,
            "PORT": str(self.port),
            **(self.environment or {}),
        }


class Client:
    """One program with a token. Raises OSError or HTTPException when the server is away."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._token = token

    def post(self, path: str, data: Mapping[str, Any], *, key: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        return self._request("POST", path, json.dumps({"data": data}).encode(), headers)

    def get(self, path: str) -> tuple[int, Any]:
        return self._request("GET", path, None, {"Authorization": f"Bearer {self._token}"})

    def close(self) -> None:
        self._connection.close()

    def _request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, Any]:
        try:
            self._connection.request(method, f"/api/v1{path}", body, dict(headers))
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._connection.close()
            raise


def shouwen(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "import sys; from webapp.cli import main; sys.exit(main())", *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
