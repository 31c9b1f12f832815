"""What a request says, as the pages read it."""

from __future__ import annotations

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


class Incoming(Request):
    """A request whose fields hold no NUL: nobody types one, and PostgreSQL refuses it even in a search."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return _without_nul(super().args)

    @cached_property
    def form(self) -> ImmutableMultiDict[str, str]:
        return _without_nul(super().form)


def _without_nul(given: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict((name, value.replace("\0", "")) for name, value in given.items(multi=True))
