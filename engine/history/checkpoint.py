"""What an installation signs about a company's history: so many events, under this root. Pure.

The format is a *signed note* with a *checkpoint* in it, as transparency logs write them (c2sp.org/signed-note,
c2sp.org/tlog-checkpoint), so that their tools read it too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.errors import NotGenuine
from engine.history.chain import instant

#: Stands before a key and in its number: the kind of signature.
_ED25519: Final = b"\x01"
_SIGNED_BY: Final = "— "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The history of a company at one moment."""

    origin: str  #: ``shouwen/COMPANY``: whose history it is, and the name of the key
    size: int  #: events in the tree
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        """The lines that are signed, each with its line feed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{instant(self.at)}\n"


def origin_of(company_id: str) -> str:
    return f"shouwen/{company_id}"


def public_key(seed: bytes, origin: str) -> str:
    """What others check signatures of *origin* with: name, number and key, as ``name+12345678+base64``."""
    return _named(origin, _private(seed).public_key().public_bytes_raw())


def sign(checkpoint: Checkpoint, seed: bytes) -> str:
    """*checkpoint* as a note with its signature; *seed* are the 32 bytes of the private key."""
    private = _private(seed)
    number = _number(checkpoint.origin, private.public_key().public_bytes_raw())
    signature = base64.b64encode(number + private.sign(checkpoint.text.encode())).decode()
    return f"{checkpoint.text}\n{_SIGNED_BY}{checkpoint.origin} {signature}\n"


def read_note(note: str, *keys: str) -> Checkpoint:
    """The checkpoint in *note*. Raises NotGenuine unless one of *keys* signed exactly these lines."""
    checkpoint, text, signature = _taken_apart(note)
    known = {(name, _number(name, public)): public for name, public in map(_read_key, keys)}
    public = known.get((checkpoint.origin, signature[:4]))
    if public is None:
        raise NotGenuine("checkpoint", f"signed with another key than {', '.join(sorted(keys)) or 'none'}")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
    except InvalidSignature:
        raise NotGenuine("checkpoint", "the signature is not one of these lines") from None
    return checkpoint


def unchecked(note: str) -> Checkpoint:
    """What *note* says, whoever signed it. Raises NotGenuine."""
    return _taken_apart(note)[0]


def _taken_apart(note: str) -> tuple[Checkpoint, str, bytes]:
    try:
        text, signed = note.split("\n\n")
        origin, size, root, at = text.split("\n")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root, validate=True), datetime.fromisoformat(at))
        (line,) = signed.removesuffix("\n").split("\n")
        name, signature = line.removeprefix(_SIGNED_BY).split(" ")
        decoded = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotGenuine("checkpoint", f"not a signed checkpoint ({error})") from error
    written = (
        f"{_SIGNED_BY}{origin} {base64.b64encode(decoded).decode()}"  # its last bits say nothing, and may be others
    )
    if name != origin or checkpoint.text != text + "\n" or line != written:
        raise NotGenuine("checkpoint", "not a checkpoint as it is written")
    return checkpoint, checkpoint.text, decoded


def _read_key(key: str) -> tuple[str, bytes]:
    try:
        name, number, encoded = key.strip().split("+", 2)
        content = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotGenuine("key", f"not a public key such as name+12345678+… ({error})") from error
    kind, public = content[:1], content[1:]
    if kind != _ED25519 or len(public) != 32 or number != _number(name, public).hex():  # noqa: PLR2004 -- of Ed25519
        raise NotGenuine("key", "not an Ed25519 key under its own number")
    return name, public


def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _named(name: str, public: bytes) -> str:
    return f"{name}+{_number(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def _number(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]
