from __future__ import annotations

from keepalived_py.lint.similar import Names, did_you_mean, nearest


def test_a_misspelt_word_is_recognised() -> None:
    assert nearest("virtual_ipadress", ["virtual_ipaddress", "virtual_routes"]) == "virtual_ipaddress"
    assert did_you_mean("etho0", ["eth0", "lo"]) == " Did you mean 'eth0'?"


def test_capitals_alone_are_recognised() -> None:
    assert nearest("Http_get", ["HTTP_GET", "SSL_GET"]) == "HTTP_GET"


def test_nothing_is_suggested_that_is_not_near() -> None:
    assert nearest("banana", ["virtual_ipaddress"]) is None
    assert did_you_mean("banana", []) == ""


def test_the_nearest_of_several_is_given() -> None:
    assert nearest("virtual_servr", ["virtual_server_group", "virtual_server", "real_server"]) == "virtual_server"


def test_a_list_of_names_gives_no_more_suggestions_when_it_has_cost_enough() -> None:
    names = Names(f"chk_{number:04}" for number in range(2000))
    found = [names.nearest(f"chk_{number:04}x") for number in range(400)]
    assert found[0] == "chk_0000"
    assert found[-1] is None
