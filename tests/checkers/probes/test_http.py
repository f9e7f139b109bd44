"""The HTTP conversation: request bytes, and verdicts on good, odd and hostile replies however they are cut."""

from __future__ import annotations

import hashlib
import itertools
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepalived_py.checkers.events import BodyLength, Failed, NotRun, Succeeded
from keepalived_py.checkers.probes.conversation import ConnectFailure
from keepalived_py.checkers.probes.http import (
    HttpConversation,
    content_length,
    request_bytes,
    request_of,
    server_name_of,
    status_code,
)
from tests.lab.checks import HttpUrl, http_get, real_server, virtual_server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.checkers.events import Outcome

PAGE = b"<html>It works</html>\n"
DIGEST = hashlib.md5(PAGE).digest()
NO_DATA = Failed(reason="Read, no data received from ")
BAD_STATUS = Failed(reason="HTTP status code error to")


def judge(*segments: bytes, url: HttpUrl | None = None, **fields: Any) -> Outcome:
    """Play one whole reply and return the verdict."""
    conversation = HttpConversation(b"GET", url or HttpUrl(path="/", **fields))
    for segment in segments:
        if (outcome := conversation.received(segment)) is not None:
            return outcome
    return conversation.ended()


def succeeded(what: str, announced: int | None, received: int) -> Succeeded:
    return Succeeded(what=what, length=BodyLength(announced=announced, received=received))


# --- request ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "request_head"),
    [
        ("1.0", b"GET /probe HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\n"),
        ("1.0C", b"GET /probe HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n"),
        ("1.0c", b"GET /probe HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n"),
        ("1.1", b"GET /probe HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n"),
    ],
)
@pytest.mark.parametrize(
    ("address", "virtualhost", "host"),
    [
        ("192.0.2.1", None, b"192.0.2.1:8080"),
        ("2001:db8::1", None, b"[2001:db8::1]:8080"),
        ("192.0.2.1", "www.example.org", b"www.example.org"),
        ("2001:db8::1", "2001:db8::f", b"2001:db8::f"),
    ],
)
def test_the_request_is_the_references_byte_for_byte(
    protocol: str, request_head: bytes, address: str, virtualhost: str | None, host: bytes
) -> None:
    sent = request_bytes(
        path="/probe",
        http_protocol=protocol,
        virtualhost=virtualhost,
        connect_ip=ip_address(address),
        connect_port=8080,
    )
    assert sent == request_head + b"Host: " + host + b"\r\n\r\n"


def test_a_request_is_at_most_2047_bytes() -> None:
    sent = request_bytes(
        path="/" + "x" * 4000, http_protocol="1.0", virtualhost=None, connect_ip=ip_address("::1"), connect_port=80
    )
    assert len(sent) == 2047


def test_the_host_is_taken_from_url_check_real_server_and_virtual_server_in_this_order() -> None:
    def host(*, url: str | None, check: str | None, real: str | None, virtual: str | None) -> bytes:
        service = virtual_server(virtualhost=virtual)
        asked = HttpUrl(path="/", virtualhost=url)
        request = request_of(http_get(virtualhost=check), asked, real_server("192.0.2.1", virtualhost=real), service)
        return request.partition(b"Host: ")[2].strip()

    assert host(url="u", check="c", real="r", virtual="v") == b"u"
    assert host(url=None, check="c", real="r", virtual="v") == b"c"
    assert host(url=None, check=None, real="r", virtual="v") == b"r"
    assert host(url=None, check=None, real=None, virtual="v") == b"v"
    assert host(url=None, check=None, real=None, virtual=None) == b"192.0.2.1:80"


def test_the_tls_server_name_is_sent_only_when_enabled_and_never_the_real_servers() -> None:
    service = virtual_server(virtualhost="v")
    assert server_name_of(http_get(ssl=True), HttpUrl(path="/", virtualhost="u"), service) is None
    assert (
        server_name_of(http_get(enable_sni=True, virtualhost="c"), HttpUrl(path="/", virtualhost="u"), service) == "u"
    )
    assert server_name_of(http_get(enable_sni=True, virtualhost="c"), HttpUrl(path="/"), service) == "c"
    assert server_name_of(http_get(enable_sni=True), HttpUrl(path="/"), service) == "v"
    assert server_name_of(http_get(enable_sni=True), HttpUrl(path="/"), virtual_server()) is None


# --- status line and length -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 200 \r\n\r\n", 200),
        (b"HTTP/1.1 200\r\n\r\n", 0),
        (b"HTTP/1.1  200 OK\r\n\r\n", 0),
        (b"HTTP/1.1 2000 OK\r\n\r\n", 0),
        (b"HTTP/1.1 20 OK\r\n\r\n", 0),
        (b"HTTP/1.1 +20 OK\r\n\r\n", 0),
        (b"HTTP/1.1\r\nX: 200 OK\r\n\r\n", 0),
        (b"nonsense 404 \r\n\r\n", 404),
        (b"\r\n\r\n", 0),
    ],
)
def test_the_status_code_is_three_digits_between_blanks(header: bytes, code: int) -> None:
    assert status_code(header) == code


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"Content-Length: 12\r\n\r\n", 12),
        (b"Content-Length:12\n\r\n\r\n", 12),
        (b"Content-Length: 12 \r\n\r\n", None),
        (b"Content-Length: 12abc\r\n\r\n", None),
        (b"Content-Length:\r\n\r\n", 0),
        (b"Content-Length: x\r\n\r\n", None),
        (b"Content-Length: +7\r\n\r\n", 7),
        (b"Content-Length: -1\r\n\r\n", None),
        (b"Content-Length: -2\r\n\r\n", 2**64 - 2),
        (b"Content-Length: 99999999999999999999999\r\n\r\n", None),
        (b"content-length: 12\r\n\r\n", None),
        (b"X-Content-Length: 3\r\nContent-Length: 12\r\n\r\n", 3),
        (b"X: \0\r\nContent-Length: 12\r\n\r\n", None),
        (b"\r\n\r\n", None),
    ],
)
def test_the_content_length_is_read_as_the_reference_reads_it(header: bytes, length: int | None) -> None:
    assert content_length(header) == length


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", range(100, 600, 7))
def test_without_status_codes_200_to_299_are_good(code: int) -> None:
    outcome = judge(b"HTTP/1.0 %d X\r\n\r\n" % code)
    assert outcome == (succeeded("HTTP status code", None, 0) if 200 <= code <= 299 else BAD_STATUS)


def test_configured_status_codes_replace_the_default() -> None:
    ranges = ((404, 404), (500, 502))
    assert judge(b"HTTP/1.0 501 X\r\n\r\n", status_codes=ranges) == succeeded("HTTP status code", None, 0)
    assert judge(b"HTTP/1.0 200 X\r\n\r\n", status_codes=ranges) == BAD_STATUS


def test_a_wrong_status_code_ends_the_attempt_at_once() -> None:
    conversation = HttpConversation(b"", HttpUrl(path="/"))
    assert conversation.received(b"HTTP/1.0 500 X\r\n\r\n") == BAD_STATUS


@pytest.mark.parametrize("length", [b"", b"Content-Length: %d\r\n" % len(PAGE)])
def test_the_digest_is_md5_over_the_body(length: bytes) -> None:
    reply = b"HTTP/1.0 200 OK\r\n" + length + b"\r\n" + PAGE
    announced = len(PAGE) if length else None
    assert judge(reply, digest=DIGEST) == succeeded("MD5 digest", announced, len(PAGE))
    body = BodyLength(announced=announced, received=len(PAGE))
    assert judge(reply, digest=bytes(16)) == Failed(reason="MD5 digest error to", length=body)


def test_the_digest_covers_no_more_than_content_length() -> None:
    reply = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE + b"and more"
    assert judge(reply, digest=DIGEST) == succeeded("MD5 digest", len(PAGE), len(PAGE) + 8)


def test_chunks_are_not_decoded() -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked
    assert judge(reply, digest=hashlib.md5(chunked).digest()) == succeeded("MD5 digest", None, len(chunked))
    assert isinstance(judge(reply, digest=DIGEST), Failed)


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.0 200 OK\n\nbody", b"220 mail.example.org ESMTP\r\n", b"\0" * 100]
)
def test_a_reply_without_a_complete_header_is_no_data(reply: bytes) -> None:
    assert judge(reply) == NO_DATA


def test_a_header_may_have_4095_bytes_and_no_more() -> None:
    head = b"HTTP/1.0 200 OK\r\nX: "
    fits = head + b"x" * (4095 - len(head) - 4) + b"\r\n\r\n"
    assert len(fits) == 4095
    assert judge(fits) == succeeded("HTTP status code", None, 0)
    too_long = head + b"x" * (4096 - len(head) - 4) + b"\r\n\r\n"
    assert judge(too_long) == NO_DATA


def test_an_endless_header_ends_the_attempt_without_being_stored() -> None:
    conversation = HttpConversation(b"", HttpUrl(path="/"))
    assert conversation.received(b"x" * 4000) is None
    assert conversation.received(b"x" * 4000) == NO_DATA


def test_an_endless_body_is_not_stored() -> None:
    conversation = HttpConversation(b"", HttpUrl(path="/", digest=DIGEST))
    conversation.received(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(100):
        assert conversation.received(memoryview(b"x" * 65536)) is None
    assert len(conversation._header) == 0


@pytest.mark.parametrize(
    ("tls", "answered", "reason"),
    [
        (False, False, "Timeout WEB read"),
        (False, True, "Timeout HTTP read"),
        (True, False, "Timeout WEB read"),
        (True, True, "Timeout SSL read"),
    ],
)
def test_silence_is_named_as_the_reference_names_it(tls: bool, answered: bool, reason: str) -> None:
    conversation = HttpConversation(b"", HttpUrl(path="/"), tls=tls)
    if answered:
        conversation.received(b"H")
    assert conversation.timed_out() == Failed(reason=reason)


def test_a_reset_is_a_failure_but_the_end_of_a_tls_stream() -> None:
    for tls, outcome in ((False, Failed(reason="Read error with")), (True, succeeded("HTTP status code", None, 0))):
        conversation = HttpConversation(b"", HttpUrl(path="/"), tls=tls)
        conversation.received(b"HTTP/1.0 200 OK\r\n\r\n")
        assert conversation.broken(sending=False) == outcome
    assert HttpConversation(b"", HttpUrl(path="/")).broken(sending=True) == Failed(reason="Cannot send get request to")


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (ConnectFailure.TIMEOUT, Failed(reason="Timeout connecting")),
        (ConnectFailure.FAILED, Failed(reason="Connection failed")),
        (ConnectFailure.UNREACHABLE, Failed(reason="HTTP/SSL_CHECK - network unreachable")),
        (ConnectFailure.NOT_BOUND, NotRun(lines=("why", "WEB socket bind failed. Rescheduling"))),
        (ConnectFailure.NO_SOCKET, NotRun(lines=("why", "WEB connection fail to create socket. Rescheduling."))),
    ],
)
def test_a_connection_that_does_not_open_is_named_as_the_reference_names_it(
    failure: ConnectFailure, outcome: Outcome
) -> None:
    assert HttpConversation(b"", HttpUrl(path="/")).connect_failed(failure, ("why",)) == outcome


# --- segmentation -----------------------------------------------------------------------------------------------------


def _cut(reply: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = sorted({min(cut, len(reply)) for cut in cuts} | {0, len(reply)})
    return [reply[start:end] for start, end in itertools.pairwise(places)]


_REPLIES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda status, header, body: b"HTTP/1.1 " + status + b"\r\n" + header + b"\r\n\r\n" + body,
        st.sampled_from((b"200 OK", b"200", b"404 Not Found", b"100 Continue", b"20x ")),
        st.sampled_from((b"X: y", b"Content-Length: 5", b"Content-Length: 999999", b"Y: " + b"z" * 4070)),
        st.one_of(st.binary(max_size=60), st.just(PAGE), st.just(b"\r\n\r\nContent-Length: 3\r\n\r\n")),
    ),
)


@given(reply=_REPLIES, cuts=st.lists(st.integers(0, 4500), max_size=12), digest=st.sampled_from((None, DIGEST)))
@example(reply=b"HTTP/1.0 200 OK\r\n\r\n" + PAGE, cuts=[17, 18, 19, 20], digest=DIGEST)
def test_the_verdict_does_not_depend_on_how_the_reply_was_cut(
    reply: bytes, cuts: list[int], digest: bytes | None
) -> None:
    assert judge(*_cut(reply, cuts), digest=digest) == judge(reply, digest=digest)


@given(segments=st.lists(st.binary(max_size=5000), max_size=20))
def test_no_reply_whatever_raises_anything(segments: list[bytes]) -> None:
    assert isinstance(judge(*segments, digest=DIGEST), Succeeded | Failed)
