from __future__ import annotations

import pytest

from keepalived_py.config.keywords.model import table


def test_a_declaration_says_everything_about_a_keyword() -> None:
    keyword = table(
        """
advert_int SECS | dec6~ 0.01..255 | 1 | 2.2.7
  !=5 ({name}) Advert interval ({1}) not valid!
  ? no interval
  &= again: {old}
  Time between adverts; in version 2
  whole seconds.
"""
    )["advert_int"]
    assert (keyword.kind, keyword.lenient, keyword.places) == ("dec6", True, 6)
    assert (keyword.low, keyword.high) == (10_000, 255_000_000)
    assert (keyword.invalid, keyword.on_failure) == ("({name}) Advert interval ({1}) not valid!", 5)
    assert (keyword.absent, keyword.repeated, keyword.overwrite) == ("no interval", "again: {old}", True)
    assert keyword.summary == "Time between adverts; in version 2 whole seconds."
    assert (keyword.default, keyword.since, keyword.optional) == ("1", "2.2.7", False)


def test_an_alias_names_what_it_stands_for() -> None:
    keyword = table("lb_algo NAME | str | wlc | 2.2.7 | alias of lvs_sched, old")["lb_algo"]
    assert keyword.alias_of == "lvs_sched"


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind"):
        table("x | number | - | 2.2.7")
