from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.dump.vrrp_tracking import process_lines, script_lines, session_lines, track_file_lines

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration
    from tests.config.conftest import Reads

THINGS = """\
vrrp_script used {
    script /bin/true
    interval 1.5
    weight 7
    user root
}
vrrp_script unused {
    script /bin/true
    user root
}
track_file F {
    file /var/run/f
}
track_file unused {
    file /var/run/f
}
vrrp_track_process P {
    process nginx
}
bfd_instance B {
    neighbor_ip 192.0.2.9
}
vrrp_sync_group G {
    group {
        V
    }
    track_file {
        F weight 0
    }
}
vrrp_instance V {
    interface eth0
    virtual_router_id 1
    track_script {
        used weight -3 reverse
    }
    track_process {
        P
    }
    virtual_ipaddress {
        192.0.2.1
    }
}
"""


def loaded(read: Reads, text: str = THINGS) -> Configuration:
    configuration = read(text, testing=False).configuration
    assert configuration is not None
    return configuration


def test_a_script_stands_there_with_those_who_follow_it(read: Reads) -> None:
    text = THINGS.replace("used weight -3 reverse", "used").replace("weight 7", "weight 0")
    lines = list(script_lines(loaded(read, text)))
    assert lines[0] == " VRRP Script = used"
    assert "   Interval = 1.500 sec" in lines
    assert lines[-3:] == ["   Tracking instances :", "     V, weight 0", "   State = idle"]


def test_a_script_that_nobody_follows_any_more_is_gone(read: Reads) -> None:
    # A member of a sync group may not change its priority, so it stops following.
    assert list(script_lines(loaded(read))) == []


def test_a_file_is_followed_by_the_members_of_a_group(read: Reads) -> None:
    assert list(track_file_lines(loaded(read))) == [
        " Track file = F",
        "   File = /var/run/f",
        "   Status = 0",
        "   Weight = 1",
        "   Tracking instances :",
        "     V, weight 0",
    ]


def test_processes_and_sessions_stand_there_even_when_nobody_follows(read: Reads) -> None:
    configuration = loaded(read)
    assert " VRRP Track process = P" in list(process_lines(configuration))
    assert list(session_lines(configuration)) == [
        " VRRP Track BFD = B",
        "   Weight = 0",
        "   Bfd is down",
        "   Tracking VRRP instances :",
    ]
