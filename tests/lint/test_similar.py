from __future__ import annotations

from keepalived_py.lint.similar import did_you_mean, nearest


def test_a_misspelt_word_is_recognised() -> None:
    assert nearest("virtual_ipadress", ["virtual_ipaddress", "virtual_routes"]) == "virtual_ipaddress"
    assert did_you_mean("etho0", ["eth0", "lo"]) == " Did you mean 'eth0'?"


def test_capitals_alone_are_recognised() -> None:
    assert nearest("Http_get", ["HTTP_GET", "SSL_GET"]) == "HTTP_GET"


def test_nothing_is_suggested_that_is_not_near() -> None:
    assert nearest("banana", ["virtual_ipaddress"]) is None
    assert did_you_mean("banana", []) == ""
