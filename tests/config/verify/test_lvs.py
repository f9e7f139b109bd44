from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import LvsSections
    from tests.config.conftest import Reads


def lvs(read: Reads, written: str) -> LvsSections:
    configuration = read(written, testing=False).configuration
    assert configuration is not None
    return configuration.lvs


def test_a_group_keeps_all_its_members(read: Reads) -> None:
    (group,) = lvs(read, "virtual_server_group g {\n198.51.100.1-3 80\n2001:db8::/126\nfwmark 9 inet6\n}\n").groups
    first, second = group.ranges
    assert (str(first.first), str(first.last), first.port) == ("198.51.100.1", "198.51.100.3", 80)
    assert (str(second.first), str(second.last), second.port) == ("2001:db8::", "2001:db8::3", 0)
    assert [(entry.mark, entry.family) for entry in group.marks] == [(9, 6)]
    assert group.families == {4, 6}


def test_a_group_of_both_families_needs_one_for_each_of_its_marks(read: Reads) -> None:
    written = "virtual_server_group g {\n198.51.100.1 80\n2001:db8::1\nfwmark 9\n}\n"
    assert lvs(read, written).groups == ()


def test_a_second_group_of_a_name_is_kept_though_never_used(read: Reads) -> None:
    written = "virtual_server_group g {\n198.51.100.%d 80\n}\n"
    assert [group.name for group in lvs(read, written % 1 + written % 2).groups] == ["g", "g"]


def test_sessions_are_those_that_checks_may_follow_in_the_files_order(read: Reads) -> None:
    written = "".join(
        f"bfd_instance {name} {{\nneighbor_ip 192.0.2.{at}\n{'vrrp' if name == 'b' else ''}\n}}\n"
        for at, name in enumerate("cba", 1)
    )
    assert lvs(read, written).sessions == ("c", "a")


def test_without_need_there_is_no_tls_context(read: Reads) -> None:
    assert lvs(read, "global_defs {\n}\n").ssl is None
    ssl = lvs(read, "SSL {\nkey /k\n}\n").ssl
    assert ssl is not None
    assert (ssl.key, ssl.password) == ("/k", None)
