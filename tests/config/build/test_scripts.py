from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says

TEXT = """\
global_defs {{
 enable_script_security
 script_user root
}}
vrrp_script check {{
 script "/usr/bin/pidof 'my server'"
 {statement}
}}
vrrp_instance VI {{
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {{
  10.0.0.1/24
 }}
 track_script {{
  check
 }}
}}
"""


def test_a_script_is_read_whole(read: Reads) -> None:
    loaded = read(
        TEXT.format(statement="interval 2\n timeout 1.5\n weight -20\n rise 2\n fall 3\n user nobody nogroup")
    )
    assert loaded.report.lines(testing=True) == []
    assert loaded.configuration is not None
    (script,) = loaded.configuration.vrrp_scripts
    assert (script.interval, script.timeout, script.weight) == (2_000_000, 1_500_000, -20)
    assert (script.rise, script.fall) == (2, 3)
    assert script.command.argv == ("/usr/bin/pidof", "my server")
    assert (script.command.path, script.command.uid, script.command.gid) == ("/usr/bin/pidof", 65534, 65534)
    assert loaded.configuration.vrrp_instances[0].track_scripts[0].weight == -20


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("interval 0", "(check): vrrp script interval must be greater than 0, setting to 1"),
        ("interval 5000", "(check): vrrp script interval '5000' must be between 0.001 and 4294 - ignoring"),
        ("rise 0", "(check): vrrp script rise value '0' invalid, defaulting to 1"),
        ("weight 300", "vrrp_script check weight 300 must be in [-253, 253]"),
        ("weight 3 backwards", "vrrp_script check unknown weight option backwards"),
        ("user stranger", "Unable to set uid/gid for script '/usr/bin/pidof' 'my server'"),
        ('script ""', "No script set for vrrp_script check - removing"),
    ],
)
def test_a_wrong_statement_of_a_script_is_answered(says: Says, statement: str, message: str) -> None:
    assert any(said.endswith(message) for said in says(TEXT.format(statement=statement)))


def test_without_a_timeout_the_interval_limits_a_run(read: Reads) -> None:
    configuration = read(TEXT.format(statement="interval 7")).configuration
    assert configuration is not None
    assert configuration.vrrp_scripts[0].timeout == 7_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("track_file f {\n}\n", "No file set for track_file f - ignoring"),
        ("track_file f {\nfile /no/such/f\n}\n", "realpath() error 2 (No such file or directory) for f"),
        (
            "track_file f {\nfile /tmp/f\nweight 300\n}\n",
            "Weight (300) for track_file f must be between [-254..254] inclusive. Ignoring...",
        ),
        ("vrrp_track_process p {\n}\n", "track process 'p' process name not specified"),
        (
            "vrrp_track_process p {\nprocess x\nquorum 0\n}\n",
            "Quorum (0) for vrrp_track_process p must be between [1..65535] inclusive. Ignoring...",
        ),
        (
            "bfd_instance b {\n}\n",
            "Configuration error: BFD instance b has no neighbor address set, disabling instance",
        ),
        (
            "bfd_instance b {\nneighbor_ip x\n}\n",
            "Configuration error: BFD instance b has malformed neighbor address x, ignoring instance",
        ),
        (
            "bfd_instance b {\nneighbor_ip 10.0.0.1\nmin_rx 0\n}\n",
            "Configuration error: BFD instance b min_rx value 0 is not valid (must be in range [1-4294967]), ignoring",
        ),
        ("garp_group {\n}\n", "garp group 0 does not have any delay set - removing"),
        ("track_group g {\n}\n", "Static track group g has no members - removing"),
    ],
)
def test_what_is_tracked_by_name_is_checked_too(says: Says, text: str, message: str) -> None:
    assert any(said.endswith(message) for said in says(text))
