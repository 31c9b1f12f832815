"""Time stamps of an outside authority over a checkpoint (RFC 3161). Pure but for the number that a request carries.

A stamp says that the checkpoint, and so every event under it, existed at a time that nobody here can choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from engine.errors import NotGenuine
from engine.history.check import der, stamped

#: Tag of the certificates in a SignedData.
_CERTIFICATES: Final = 0xA0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the authority: the bytes to send, and the number that its answer has to repeat."""

    content: bytes
    nonce: int


def question(note: str) -> Asked:
    """What asks an authority for a stamp over *note*: it gets a hash, no word of it."""
    builder = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256)
    made = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    assert made.nonce is not None
    return Asked(made.as_bytes(), made.nonce)


def stamped_at(answer: bytes, note: str, *, nonce: int | None = None) -> datetime:
    """When the authority stamped *note*. Raises NotGenuine where *answer* is no stamp of it, or not to *nonce*."""
    try:
        found = stamped(answer, note)
        again = decode_timestamp_response(_in_order(answer)).tst_info.nonce
    except ValueError as error:
        raise NotGenuine("time stamp", str(error)) from error
    if nonce is not None and again != nonce:
        raise NotGenuine("time stamp", "an answer to another question")
    return found


def require_trusted(answer: bytes, note: str, authorities: bytes) -> None:
    """Raises NotGenuine unless one of the *authorities*, certificates in PEM, vouches for the stamp."""
    try:
        roots = x509.load_pem_x509_certificates(authorities)
    except ValueError as error:
        raise NotGenuine("certificates", f"not certificates in PEM ({error})") from error
    builder: Any = VerifierBuilder()
    for each in roots:
        builder = builder.add_root_certificate(each)
    try:
        builder.build().verify_message(decode_timestamp_response(_in_order(answer)), note.encode())
    except (VerificationError, ValueError) as error:
        raise NotGenuine("time stamp", f"not vouched for by these certificates ({error})") from error


def _in_order(answer: bytes) -> bytes:
    """*answer* with its certificates in the order of DER.

    OpenSSL 3.0 writes them as they come, and no signature covers
    their order. rfc3161-client 1.0.9 reads no others; when it does, `test_stamps` says that this may go.
    """
    try:
        status = der(answer, der(answer, 0)[1])
        kind = der(answer, der(answer, status[2])[1])
        signed = der(answer, der(answer, kind[2])[1])
        version = der(answer, signed[1])
        digests = der(answer, version[2])
        content = der(answer, digests[2])
        tag, start, end = der(answer, content[2])
    except IndexError as error:
        raise ValueError("cut off") from error
    if tag != _CERTIFICATES:
        return answer
    found, at = [], start
    while at < end:
        _, _, behind = der(answer, at)
        found.append(answer[at:behind])
        at = behind
    return answer[:start] + b"".join(sorted(found)) + answer[end:]
