"""Uploads in a bucket, over real HTTP to an S3 server of this machine. Skipped where none is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import fsspec
import pytest

from engine.storage import FileDamaged, Storage, StorageAway
from tests.support.server import free_port

pytest.importorskip("s3fs", reason="pip install 's3fs==2026.9.0': the extra s3")
pytest.importorskip("moto", reason="pip install 'moto[s3]==5.2.5' flask-cors: an S3 server")

_SERVE = "import sys; from moto.server import main; main(['-p', sys.argv[1]])"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "MOTO_SERVICE": "s3"}
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while True:
            with suppress(urllib.error.URLError):
                urllib.request.urlopen(f"{address}/moto-api/", timeout=5)
                break
            assert time.monotonic() < end, "no S3 server answered"
            time.sleep(0.1)
        urllib.request.urlopen(urllib.request.Request(f"{address}/uploads", method="PUT"), timeout=5)
        yield address
        server.kill()


@pytest.fixture
def storage(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """As docs/operations.md says that it is set up: by the environment alone."""
    given = {
        "FSSPEC_S3_ENDPOINT_URL": endpoint,
        "FSSPEC_S3_KEY": "key",
        "FSSPEC_S3_SECRET": "secret",
    }
    before = dict(fsspec.config.conf)
    fsspec.config.set_conf_env(fsspec.config.conf, given)
    yield Storage("s3://uploads/shouwen")
    fsspec.config.conf.clear()
    fsspec.config.conf.update(before)


def test_what_was_kept_in_a_bucket_comes_back(storage: Storage) -> None:
    digest = storage.keep("harbour-cafe", "照片".encode() * 50_000)

    assert storage.read("harbour-cafe", digest) == "照片".encode() * 50_000
    with storage.on_disk("harbour-cafe", digest) as path:
        assert path.stat().st_size == 300_000


def test_what_is_not_there_or_not_the_same_is_noticed(storage: Storage) -> None:
    digest = storage.keep("harbour-cafe", b"as it was")
    bucket, place = fsspec.core.url_to_fs(f"{storage.url}/harbour-cafe/{digest[:2]}/{digest}")
    bucket.pipe_file(place, b"changed")

    with pytest.raises(FileDamaged, match="other content"):
        storage.read("harbour-cafe", digest)
    with pytest.raises(FileDamaged, match="found nothing"):
        storage.read("harbour-cafe", "0" * 64)


def test_what_was_kept_in_a_bucket_a_moment_ago_is_not_removed_as_forgotten(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = storage.keep("harbour-cafe", b"nobody sent it")
    assert storage.remove_unless_fresh("harbour-cafe", digest) is False
    later = time.time() + 3601
    monkeypatch.setattr("engine.storage.time.time", lambda: later)

    assert storage.remove_unless_fresh("harbour-cafe", digest) is True
    assert storage.remove_unless_fresh("harbour-cafe", digest) is True
    with pytest.raises(FileDamaged, match="found nothing"):
        storage.read("harbour-cafe", digest)


def test_a_bucket_lists_what_it_has_and_a_list_from_before_removes_nothing_that_came_since(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = storage.keep("listed", b"nobody sent it")
    assert storage.contents("listed", digest[:2]) == (digest,)
    assert storage.contents("listed", "ff" if digest[:2] != "ff" else "00") == ()
    bucket, place = fsspec.core.url_to_fs(f"{storage.url}/listed/{digest[:2]}/{digest}")
    old = {**bucket.info(place), "LastModified": datetime(2020, 1, 1, tzinfo=UTC)}
    bucket.dircache[place.rpartition("/")[0]] = [old]  # as this process listed it, before another one kept it again

    assert storage.remove_unless_fresh("listed", digest) is False
    assert storage.read("listed", digest) == b"nobody sent it"

    later = time.time() + 3601
    monkeypatch.setattr("engine.storage.time.time", lambda: later)
    assert storage.remove_unless_fresh("listed", digest) is True
    assert storage.contents("listed", digest[:2]) == ()


def test_a_bucket_that_does_not_answer_is_away(storage: Storage) -> None:
    with pytest.raises(StorageAway):
        Storage("s3://another-bucket-that-nobody-made").keep("harbour-cafe", b"x")
