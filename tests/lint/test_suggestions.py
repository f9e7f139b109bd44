from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.suggestions import homes, unknown_word
from tests.lint.texts import check, instance, of, server

if TYPE_CHECKING:
    from pathlib import Path


def test_the_blocks_that_a_keyword_may_stand_in_are_known() -> None:
    assert homes()["vrrp_instance"] == ["the outermost level"]
    assert homes()["garp_master_delay"] == ["vrrp_instance"]


def test_the_word_is_taken_out_of_the_message() -> None:
    assert unknown_word("Unknown keyword 'it's'") == "it's"


def test_a_group_whose_members_do_not_exist_asks_for_the_nearest(tmp_path: Path) -> None:
    text = instance(name="VI_1") + "vrrp_sync_group G {\ngroup {\nVI_1\nVI_l1\n}\n}\n"
    advice = [one.advice for one in of(check(tmp_path, text), "V116")]
    assert any("Did you mean 'VI_1'?" in one for one in advice)


def test_a_keyword_that_other_kinds_of_check_call_otherwise_is_named(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, server(check="TCP_CHECK {\nnb_get_retry 2\n}")), "K001")
    assert found.advice == "Write 'retry' in this kind of check."


def test_an_interface_that_does_not_exist_asks_for_the_nearest(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance().replace("interface eth0", "interface etho0")), "H001")
    assert found.advice.endswith("Did you mean 'eth0'?")
