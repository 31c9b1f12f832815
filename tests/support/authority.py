"""A time-stamping authority: OpenSSL behind a small HTTP server, for tests that have the history stamped."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Authority of the tests, whose name is long enough to be last
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """Listens on this machine. *broken* makes it answer that instead."""

    url: str
    certificate: Path  #: its root, what people trust
    broken: bytes | None = None
    asked: int = 0


@contextmanager
def time_stamping_authority(folder: Path) -> Iterator[Authority]:
    """An authority with a certificate of its own, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    _make_certificates(folder)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked += 1
            content = self.rfile.read(int(self.headers["Content-Length"]))
            answer = _stamped(folder, content) if authority.broken is None else authority.broken
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        authority = Authority(f"http://127.0.0.1:{server.server_address[1]}/tsa", folder / "root.pem")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield authority
        server.shutdown()


def _make_certificates(folder: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    config = ("-config", str(folder / "tsa.cnf"))
    root = (*config, "-extensions", "root", "-subj", "/CN=Root of the tests")
    _openssl("req", "-x509", *key, *root, "-keyout", f"{folder}/root.key", "-out", f"{folder}/root.pem", "-days", "30")
    _openssl("req", "-new", *key, *config, "-keyout", f"{folder}/tsa.key", "-out", f"{folder}/tsa.csr")
    by = ("-CA", f"{folder}/root.pem", "-CAkey", f"{folder}/root.key", "-CAcreateserial")
    extensions = ("-extfile", f"{folder}/tsa.cnf", "-extensions", "leaf")
    _openssl(
        "x509", "-req", "-in", f"{folder}/tsa.csr", *by, *extensions, "-out", f"{folder}/tsa.pem", "-days", "30"
    )  # fmt: skip


def _stamped(folder: Path, query: bytes) -> bytes:
    (folder / "query.tsq").write_bytes(query)
    _openssl(
        "ts", "-reply", "-config", f"{folder}/tsa.cnf", "-queryfile", f"{folder}/query.tsq", "-out", f"{folder}/a.tsr"
    )  # fmt: skip
    return (folder / "a.tsr").read_bytes()


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
