from __future__ import annotations

from ipaddress import IPv4Address

from keepalived_py.config.ast import CheckCommon, HttpGet, HttpUrl, UrlRegex
from keepalived_py.config.dump.urls import Patterns, url_lines


def lines(url: HttpUrl, *others: HttpUrl) -> list[str]:
    common = CheckCommon(connect_ip=IPv4Address("10.0.0.1"), connect_port=80)
    return list(url_lines(url, Patterns.of([HttpGet(common=common, urls=(url, *others))])))


def test_without_status_codes_the_usual_ones_are_shown() -> None:
    assert lines(HttpUrl(path="/")) == [
        "   Checked url = /",
        "     tls_compliant unset",
        "     HTTP Status Code(s)",
        "       200-299",
    ]


def test_status_codes_that_touch_are_joined() -> None:
    got = lines(HttpUrl(path="/", status_codes=((301, 302), (200, 200), (201, 204), (404, 404))))
    assert got[3:] == ["       200-204", "       301-302", "       404"]


def test_the_digest_is_shown_in_small_letters() -> None:
    assert lines(HttpUrl(path="/", digest=bytes(range(16))))[1] == "     digest = 000102030405060708090a0b0c0d0e0f"


def test_an_expression_is_counted_over_all_urls_and_the_stack_is_the_largest() -> None:
    one = HttpUrl(path="/", regex=UrlRegex(pattern="a", stack=(1, 5)))
    two = HttpUrl(path="/", regex=UrlRegex(pattern="a", stack=(2, 4)))
    other = HttpUrl(path="/", regex=UrlRegex(pattern="a", options=frozenset({"utf"})))
    assert lines(one, two, other)[-4:] == [
        '     Regex = "a"',
        "     Regex options:",
        "     Regex ref count = 2",
        "     Regex stack start 2, max 5",
    ]


def test_with_one_option_set_the_reference_prints_all_it_knows() -> None:
    got = lines(HttpUrl(path="/", regex=UrlRegex(pattern="a", options=frozenset({"utf"}), no_match=True)))
    (options,) = [line for line in got if "options" in line]
    assert options.startswith("     Regex options: allow_empty_class alt_bsux ")
    assert options.endswith(" use_offset_limit")
    assert "     Regex no match" in got


def test_offsets_are_shown_when_there_are_any() -> None:
    assert "     Regex min offset = 4" in lines(HttpUrl(path="/", regex=UrlRegex(pattern="a", min_offset=4)))
    both = UrlRegex(pattern="a", max_offset=9)
    assert "     Regex min offset = 0, max_offset = 9" in lines(HttpUrl(path="/", regex=both))
