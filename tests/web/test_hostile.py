"""Hostile input, what the sender sees, and that nothing is half written."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from engine.commands.site import Site
from engine.tables import cases
from engine.worker import handlers
from tests.support.cafe import do
from tests.support.jobs import RememberedJobs
from tests.support.site import ADMINISTRATOR
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.pictures import PNG
from tests.web.records import assert_history_verifies

REGISTER = "/register/harbour-cafe/complaint"
SCRIPT = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture(scope="module")
def signed_in(app: Flask) -> Browser:
    return staff(app, "fang.lan")


@pytest.fixture
def front(signed_in: Browser) -> Browser:
    signed_in.open(REGISTER)
    return signed_in


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_half_written(site: Site):
    yield
    assert assert_history_verifies(site) > 10


def test_markup_in_every_field_comes_back_as_text_on_every_page(site: Site, app: Flask, front: Browser) -> None:
    page = front.submit(REGISTER, f_summary=SCRIPT, f_customer_name=SCRIPT, f_customer_mail=SCRIPT, f_kind="taste")
    assert page.path.startswith("/tasks/")
    task = int(page.path.rsplit("/", 1)[1])
    front.submit(f"/tasks/{task}/draft", f_founded="yes", f_remark=SCRIPT)
    pages = [front.page]
    pages.append(front.submit(f"/tasks/{task}/completion", f_founded="wrong", f_remark=SCRIPT))
    front.submit(f"/tasks/{task}/completion", f_founded="yes", f_remark=SCRIPT)
    case_path = next(link for link in front.page.tree.xpath("//a/@href") if link.startswith("/cases/HC-"))
    case_id = _newest_case(site)
    do(site, case_id, "reply", answer=SCRIPT)
    do(site, case_id, "fix", done=SCRIPT)
    do(site, case_id, "confirm", satisfied="yes")
    assert isinstance(site.jobs, RememberedJobs)
    assert site.jobs.do(handlers(site)) == 1

    customer = Browser(app)
    customer.open("/public/harbour-cafe/complaint")
    receipt = customer.submit("/public/harbour-cafe/complaint", f_summary=SCRIPT, f_kind="taste")
    pages += [receipt, customer.open(receipt.path.replace("received", "track"))]
    pages += [
        front.open(path)
        for path in (
            case_path,
            f"{case_path}/replay",
            "/cases",
            "/?tab=done",
            "/?tab=groups",
            "/cases?text=%3Cscript%3Ealert(1)%3C/script%3E",
            "/?text=%3Cscript%3Ealert(1)%3C/script%3E",
            "/session/new?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
            "/public/find?code=%3Cscript%3Ealert(1)%3C/script%3E",
        )
    ]
    for page in pages:
        assert page.status in {200, 404, 422}
        assert "<script>alert" not in page.text, page.path
        assert "<img src=x" not in page.text, page.path
    assert SCRIPT in front.open(case_path).words


def test_a_letter_quotes_the_customer_and_runs_nothing(site: Site, front: Browser) -> None:
    page = front.submit(REGISTER, f_summary="{{ data }}{% for x in (1..9) %}y{% endfor %}", f_kind="taste")

    assert "{{ data }}{% for x in (1..9) %}y{% endfor %}" in page.words


def test_too_much_at_once_is_refused_with_the_limit(front: Browser) -> None:
    page = front.submit(REGISTER, f_summary="big", f_kind="taste", f_photos=(BytesIO(PNG + b"x" * 33_000_000), "a.png"))

    assert page.status == 413
    assert "At most 32 MB can be sent at once." in page.words


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.png", b"<html><script>alert(1)</script></html>", "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("a.png", b"", "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("a.exe", b"MZ", "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("a.svg", b"<svg onload='alert(1)'/>", "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("a.pdf", PNG, "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("png", PNG, "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        (".png", PNG, "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("a.mp3", b"ID3\x03\x00\x00\x00\x00\x00\x00", "Only these kinds of file are accepted: .jpg, .png, .pdf"),
        ("a.png", PNG + b"x" * 6_000_000, "A file may have at most 5 MB."),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named_at_its_field(
    front: Browser, name: str, content: bytes, said: str
) -> None:
    page = front.submit(REGISTER, f_summary="kept", f_kind="taste", f_photos=(BytesIO(content), name))

    assert page.status == 422
    assert page.errors() == [f"Photos {said}"]
    assert page.value("f-summary") == "kept"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../../etc/passwd.png", "passwd.png"),
        ("..\\..\\windows\\win.png", "win.png"),
        ("/etc/cron.d/x.png", "x.png"),
        ("\u202egnp.exe.png", "gnp.exe.png"),
        ("a" * 5000 + ".png", "a" * 100 + ".png"),
        ("a\x00\x1b[31m.png", "a[31m.png"),
        ("..png", "..png"),
    ],
)
def test_tricks_in_file_names_reach_neither_the_disk_nor_the_download(
    site: Site, front: Browser, sent: str, kept: str
) -> None:
    front.submit(REGISTER, f_summary="", f_photos=(BytesIO(PNG), sent))
    page = front.submit(REGISTER, f_summary="x", f_kind="taste", f_photos=front.page.value("f-photos"))
    case = front.open(next(link for link in page.tree.xpath("//a/@href") if link.startswith("/cases/HC-")))

    assert kept in case.words
    files = [path for path in (site.settings.var / "files").rglob("*") if path.is_file()]
    assert all(len(path.name) == 64 for path in files)
    link = case.tree.xpath("//a[starts-with(@href, '/attachments/')]/@href")[0]
    with front.client.get(link) as response:
        assert response.status_code == 200
        assert "\n" not in response.headers["Content-Disposition"]


def test_line_breaks_and_control_characters_leave_one_plain_line(front: Browser) -> None:
    page = front.submit(
        REGISTER,
        f_summary="a\r\nBcc: x@example.org\x00\x1b[31m\u202eb",
        f_customer_mail="a@example.org\r\nBcc: evil@example.org",
        f_kind="taste",
    )

    assert page.path.startswith("/tasks/")
    title = page.tree.xpath("//main//h1/following-sibling::p")[0].text_content()
    assert "\n" not in title
    assert not any(not character.isprintable() for character in title)


def test_a_hundred_thousand_characters_are_too_many(front: Browser) -> None:
    page = front.submit(REGISTER, f_summary="x" * 100_000, f_kind="taste")

    assert page.errors() == ["What happened Please write at most 100 characters."]


def test_fields_nobody_asked_for_are_left_alone(front: Browser) -> None:
    page = front.submit(REGISTER, f_summary="x", f_kind="taste", f_status="closed", f__admin="1", started_by="boss")

    assert page.path.startswith("/tasks/")


@pytest.mark.parametrize(
    "path",
    [
        "/?cursor=" + "9" * 5000 + "." + "9" * 5000,
        "/?cursor=9223372036854775808.1",
        "/?cursor=-1.-1",
        "/?cursor=١.١",
        "/?tab=done&cursor=1.1",
        "/?tab=nothing&procedure=%00&step=%00&text=%00",
        "/cases?before=99999999999999999999",
        "/cases?before=" + "9" * 5000,
        "/cases?before=-1&status=nothing&procedure=%ff",
        "/cases?text=%00%25_%5c",
    ],
)
def test_a_query_nobody_gave_out_shows_the_page(front: Browser, path: str) -> None:
    assert front.open(path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/tasks/0",
        "/tasks/-1",
        "/tasks/9223372036854775808",
        "/tasks/" + "9" * 5000,
        "/tasks/%00",
        "/cases/%00",
        "/cases/%0d%0aX:y",
        "/cases/%ED%A0%80",
        "/cases/..%2f..%2fetc%2fpasswd",
        "/attachments/%00",
        "/attachments/..%2fsecret.key",
        "/static/..%2faccess.py",
        "/static/%00",
        "/public/track/%00",
        "/public/received/" + "x" * 5000,
        "/public/%00/%00",
        "/register/harbour-cafe/%00",
    ],
)
def test_an_address_that_names_nothing_is_not_found(front: Browser, path: str) -> None:
    assert front.open(path).status == 404


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nbroken", "multipart/form-data"),
        (b"\xff\xfe=%zz&%=%", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", "text/plain"),
    ],
)
def test_a_broken_form_is_refused(front: Browser, body: bytes, content_type: str) -> None:
    assert front.client.post(REGISTER, data=body, content_type=content_type).status_code == 400


def test_a_form_of_three_thousand_parts_is_refused_in_pieces_and_ignored_in_one(front: Browser) -> None:
    fields = {**front.page.hidden(REGISTER), **{f"part{number}": "1" for number in range(3000)}}

    pieces = front.client.post(REGISTER, data=fields, content_type="multipart/form-data")
    one = front.client.post(REGISTER, data=fields)

    assert (pieces.status_code, one.status_code) == (413, 422)


def test_several_answers_where_one_is_asked_take_the_first(front: Browser) -> None:
    page = front.submit(REGISTER, f_summary=["first", "second"], f_kind=["taste", "service"])

    assert "first" in page.words


def test_odd_cookies_and_headers_are_somebody_who_is_not_signed_in(site: Site) -> None:
    client = an_app(site).test_client(use_cookies=False)

    for headers in (
        {"Cookie": "shouwen_session=\xff\xfe; shouwen_language=../../x; shouwen_theme=<b>; session=x.y.z"},
        {"Cookie": "shouwen_session=" + "x" * 50_000},
        {"Authorization": "Bearer \xff", "Accept-Language": "\xff;q=x,*;q=9999"},
        {"Host": "evil<script>"},
    ):
        assert client.get("/", headers=headers).status_code in {303, 400}


def _newest_case(site: Site) -> int:
    with site.database.reading_every_company() as connection:
        return connection.execute(sa.select(sa.func.max(cases.c.id))).scalar_one()


def test_a_photograph_is_shown_without_where_it_was_taken_and_kept_as_it_was_sent(site: Site, front: Browser) -> None:
    exif, buffer = Image.Exif(), BytesIO()
    exif[0x010F] = "TELLTALE"
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif)
    sent = buffer.getvalue()
    front.submit(REGISTER, f_summary="", f_photos=(BytesIO(sent), "home.jpg"))
    page = front.submit(REGISTER, f_summary="x", f_kind="taste", f_photos=front.page.value("f-photos"))
    case = next(link for link in page.tree.xpath("//a/@href") if link.startswith("/cases/HC-"))
    link = front.open(case).tree.xpath("//a[starts-with(@href, '/attachments/')]/@href")[0]

    shown = front.client.get(link).data
    refused = front.client.get(f"{link}?original=yes").status_code
    administrator = staff(front.client.application, ADMINISTRATOR)
    original = administrator.open(case).tree.xpath("//a[contains(@href, 'original=yes')]/@href")[0]

    assert b"TELLTALE" not in shown
    assert refused == 403
    assert administrator.client.get(original).data == sent
