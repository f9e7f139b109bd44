from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.findings import MOST_SHOWN
from tests.lint.texts import check, instance, of, place, script

if TYPE_CHECKING:
    from pathlib import Path


def test_a_misspelt_keyword_gets_a_suggestion_from_its_block(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance("advert_intt 1")), "K001")
    assert found.message == "Unknown keyword 'advert_intt'."
    assert found.advice == "Correct or remove the line. Did you mean 'advert_int'?"


def test_a_keyword_of_another_block_is_sent_there(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance("smtp_server 127.0.0.1")), "K001")
    assert found.advice == "Move it: it belongs into global_defs."


def test_what_follows_from_a_misspelt_block_name_is_not_reported(tmp_path: Path) -> None:
    text = instance().replace("vrrp_instance", "vrrp_instnace", 1) + instance("restart", name="V2", vrid=6)
    found = check(tmp_path, text).diagnostics
    assert [(one.rule, one.span.line if one.span else 0) for one in found if one.severity == Severity.ERROR] == [
        ("K001", 1),
        ("K001", 13),
    ]


def test_a_second_spelling_mistake_inside_a_misspelt_block_is_reported(tmp_path: Path) -> None:
    text = instance("advert_intt 1").replace("vrrp_instance", "vrrp_instnace", 1)
    assert len(of(check(tmp_path, text), "K001")) == 2


def test_the_block_that_is_not_closed_is_pointed_at(tmp_path: Path) -> None:
    text = instance() + instance(name="V2", vrid=6).rstrip().removesuffix("}")
    (found,) = of(check(tmp_path, text), "K002")
    assert place(found) == (9, 1, 17)


def test_a_number_and_its_keyword_are_one_finding(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance("garp_master_delay x")), "K005")
    assert "invalid number 'x'" in found.message
    assert "garp_master_delay" in found.message


def test_a_refused_zero_that_changes_nothing_is_a_warning(tmp_path: Path) -> None:
    text = "global_defs {\nvrrp_garp_interval 0\n}\n" + instance()
    assert [one.severity for one in of(check(tmp_path, text), "K005")] == [Severity.WARNING]


def test_a_reference_to_a_later_definition_says_where_it_is(tmp_path: Path) -> None:
    text = instance("track_script {\nchk\n}") + script()
    (found,) = of(check(tmp_path, text), "S101")
    assert found.advice.endswith("It is defined in line 12, which is too late.")


def test_a_reference_to_a_near_name_is_suggested(tmp_path: Path) -> None:
    text = script(name="chk_nginx") + instance("track_script {\nchk_ngnix\n}")
    (found,) = of(check(tmp_path, text), "S101")
    assert found.advice.endswith("Did you mean 'chk_nginx'?")


def test_an_interface_of_a_near_name_is_suggested(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance().replace("eth0", "etho")), "H001")
    assert "Did you mean 'eth" in found.advice


def test_a_member_of_a_sync_group_of_a_near_name_is_suggested(tmp_path: Path) -> None:
    text = instance(name="VI_1") + "vrrp_sync_group G {\ngroup {\nVI_1\nVI_11\n}\n}\n"
    found = [one for one in of(check(tmp_path, text), "V116") if "VI_11" in one.message]
    assert place(found[0]) == (12, 1, 6)
    assert "Did you mean 'VI_1'?" in found[0].advice


def test_what_is_not_acted_on_is_said_once_a_keyword(tmp_path: Path) -> None:
    from keepalived_py.config.report import NotActedOn
    from keepalived_py.lint.findings import not_acted_on
    from keepalived_py.lint.subject import Subject
    from tests.lint.texts import FACTS, FactsHost

    path = tmp_path / "k.conf"
    path.write_text(instance())
    subject = Subject(str(path), host=FactsHost(FACTS), config_id="a")
    subject.loaded.report.not_acted_on[:] = [
        NotActedOn(what="vrrp_instance V: some_keyword", location=None),
        NotActedOn(what="vrrp_instance W: some_keyword", location=None),
        NotActedOn(what="vrrp_instance W: other", location=None, unsafe=True, consequence="the instance is left out"),
    ]
    found = list(not_acted_on(subject))
    assert [(id_, one.message, one.severity) for id_, one in found] == [
        ("K015", "vrrp_instance V: some_keyword is accepted, not acted on yet.", Severity.INFO),
        ("K015", "vrrp_instance W: other is accepted, not acted on yet; the instance is left out.", Severity.WARNING),
    ]


def test_of_two_servers_at_one_address_the_right_one_is_pointed_at(tmp_path: Path) -> None:
    from tests.lint.texts import server

    text = server() + server("quorum 5", head="virtual_server 198.51.100.10 81", real="192.0.2.1 81")
    (found,) = of(check(tmp_path, text), "L102")
    assert place(found) == (16, 1, 9)


def test_more_problems_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    found = check(tmp_path, instance(*(f"misspelt{number} 1" for number in range(MOST_SHOWN + 2)))).diagnostics
    assert sum(one.rule == "K001" for one in found) == MOST_SHOWN
    assert [one.message for one in found if "not shown" in one.message] == [
        "2 more problems that keepalived reports not shown."
    ]
