"""What a sign-in service has to prove before anybody is believed to be somebody."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.commands.single_sign_on import ProviderSettings, is_safe_issuer
from tests.support.sign_in_service import MAIL, Service, ours
from webapp.openid import Directory, ProviderFailed, new_attempt, way_there, who_came

BACK = "http://127.0.0.1:8000/session/back"


def came(service: Service, *, nonce: str = "") -> tuple[str, str]:
    """Subject and mail of who came, by a token with the right nonce or another one."""
    now = datetime.now(UTC)
    provider = ProviderSettings("ID", service.issuer, "shouwen", "s3cret")
    attempt = new_attempt("cafe", service.issuer, then="", now=now)
    service.issue(nonce or attempt.nonce)
    endpoints = Directory(insecure_allowed=True).endpoints(service.issuer)
    found = who_came(provider, endpoints, attempt, code="abc", back=BACK, now=now)
    return found.subject, found.mail


def test_a_signed_token_for_us_and_this_attempt_proves_who_came() -> None:
    with ours() as service:
        assert came(service) == ("1", MAIL)


def test_an_address_that_the_service_has_not_verified_is_none() -> None:
    with ours(email_verified=False) as service:
        assert came(service) == ("1", "")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"aud": ["shouwen", "other"], "azp": "other"},
        {"aud": ["shouwen", "other"]},
        {"iss": "https://elsewhere.example"},
        {"exp": 1},
        {"iat": 9999999999},
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"sub": ""},
    ],
)
def test_a_token_that_says_something_else_proves_nothing(claims: dict[str, object]) -> None:
    with ours(**claims) as service, pytest.raises(ProviderFailed) as refused:
        came(service)

    assert refused.value.reason == "not-proved"


@pytest.mark.parametrize("signed", ["none", "with-our-secret", "another-key"])
def test_a_token_that_the_service_did_not_sign_proves_nothing(signed: str) -> None:
    with ours() as service:
        service.signed = signed
        with pytest.raises(ProviderFailed) as refused:
            came(service)

    assert refused.value.reason == "not-proved"


@pytest.mark.parametrize(
    ("address", "tried", "earnest"),
    [
        ("https://id.cafe.example", True, True),
        ("https://id.cafe.example/realms/cafe", True, True),
        ("http://localhost:9000", True, False),
        ("http://id.cafe.example", False, False),
        ("http://localhost.evil.example", False, False),
        ("https://user@cafe.example", False, False),
        ("https://cafe.example?x=1", False, False),
        ("file:///etc/passwd", False, False),
        ("ftp://cafe.example", False, False),
        ("", False, False),
    ],
)
def test_only_addresses_that_nobody_can_change_on_the_way_are_asked(
    address: str, *, tried: bool, earnest: bool
) -> None:
    assert is_safe_issuer(address, insecure_allowed=True) is tried
    assert is_safe_issuer(address, insecure_allowed=False) is earnest


def test_a_service_that_names_unsafe_places_is_not_asked() -> None:
    with ours() as service, pytest.raises(ProviderFailed, match="unsafe address"):
        Directory(insecure_allowed=False).endpoints(service.issuer)


def test_each_attempt_has_secrets_of_its_own_and_none_of_them_but_their_proof_travels() -> None:
    with ours() as service:
        endpoints = Directory(insecure_allowed=True).endpoints(service.issuer)
        one, two = (new_attempt("cafe", service.issuer, then="/", now=datetime.now(UTC)) for _ in range(2))

        sent = parse_qs(urlsplit(way_there(endpoints, "shouwen", one, back=BACK)).query)

    assert len({one.state, one.nonce, one.verifier, two.state, two.nonce, two.verifier}) == 6
    assert sent["code_challenge_method"] == ["S256"]
    assert one.verifier not in str(sent)
