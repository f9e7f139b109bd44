from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says

INSTANCE = """\
vrrp_instance VI {
 interface eth0
 virtual_router_id 1
 virtual_ipaddress {
  10.0.0.1
 }
}
"""


def test_an_unknown_keyword_is_reported_and_the_rest_is_used(read: Reads, says: Says) -> None:
    text = INSTANCE.replace(" interface", " lvs_sync_daemon_inteface eth2\n interface")
    assert says(text) == ["(Line 2) Unknown keyword 'lvs_sync_daemon_inteface'"]
    loaded = read(text)
    assert loaded.report.exit_status(testing=True) == 5
    assert loaded.configuration is not None
    assert [instance.name for instance in loaded.configuration.vrrp_instances] == ["VI"]


def test_an_unknown_block_inside_closes_the_enclosing_one(says: Says) -> None:
    text = INSTANCE.replace(" virtual_ipaddress", " no_such_block {\n  x 1\n }\n virtual_ipaddress")
    assert says(text)[:5] == [
        "(Line 4) Unknown keyword 'no_such_block'",
        "(Line 4) Unexpected '{' - ignoring",
        "(Line 5) Unknown keyword 'x'",
        "(Line 7) Unknown keyword 'virtual_ipaddress'",
        "(Line 7) Unexpected '{' - ignoring",
    ]


def test_an_unknown_root_block_is_reported_by_every_reading(says: Says) -> None:
    said = says("no_such_block {\n}\n")
    assert said.count("(Line 1) Unknown keyword 'no_such_block'") == 4
    assert said.count("(Line 2) Unknown keyword '}'") == 4


def test_a_brace_too_many_and_one_too_few(says: Says) -> None:
    assert "(Line 8) Extra '}' found" in says(INSTANCE + "}\n")
    assert "There are 1 missing '}'s or extra '{'s" in says(INSTANCE.rstrip().removesuffix("}"))


def test_a_missing_opening_brace_is_supplied(read: Reads, says: Says) -> None:
    text = INSTANCE.replace("vrrp_instance VI {", "vrrp_instance VI")
    assert says(text)[:1] == ["(Line 2) Unknown keyword 'interface'"]  # the parent skips by counting braces
    assert "(Line 2) Missing '{' at beginning of configuration block" in says(text)
    configuration = read(text).configuration
    assert configuration is not None
    assert [instance.interface for instance in configuration.vrrp_instances] == ["eth0"]


def test_braces_may_stand_anywhere(read: Reads) -> None:
    text = "vrrp_instance VI\n\n{ interface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 } }"
    loaded = read(text)
    assert loaded.report.exit_status(testing=True) == 0
    assert loaded.configuration is not None
    (instance,) = loaded.configuration.vrrp_instances
    assert [str(address.address) for address in instance.virtual_addresses] == ["10.0.0.1"]


def test_a_second_instance_of_a_name_is_skipped_as_a_whole(read: Reads, says: Says) -> None:
    text = INSTANCE + INSTANCE.replace("interface", "no_such_keyword x\n interface")
    assert says(text) == ["(Line 8) vrrp instance VI already defined"]
    configuration = read(text).configuration
    assert configuration is not None
    assert len(configuration.vrrp_instances) == 1


def test_a_value_block_with_more_words_is_reported(says: Says) -> None:
    text = INSTANCE.replace("virtual_ipaddress {", "virtual_ipaddress here {")
    assert says(text) == ["(Line 4) Block virtual_ipaddress has extra parameters here ..."]


def test_an_unmatched_quote_is_reported_by_the_three_children(says: Says) -> None:
    said = says('global_defs {\n router_id "a\n}\n')
    assert said.count("(Line 2) Unterminated quote 'router_id \"a'") == 4
    assert said.count("(Line 2) Unmatched quote: 'router_id \"a'") == 3
