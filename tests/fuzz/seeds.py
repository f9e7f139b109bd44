"""Where fuzzing starts: the files of real people when they are at hand, else the project's own samples."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
SAMPLES = sorted((PROJECT / "conf-samples").glob("*.conf"))
CORPUS = sorted((PROJECT.parent / "shared" / "corpus").glob("*.conf"))


def seeds() -> list[Path]:
    """Give the files, the same in every run on a machine."""
    return CORPUS or SAMPLES


#: Words from which texts are made up: what the language gives a meaning, and what may confuse it.
WORDS = (
    *(
        "vrrp_instance",
        "vrrp_sync_group",
        "vrrp_script",
        "virtual_server",
        "real_server",
        "global_defs",
        "HTTP_GET",
        "url",
    ),
    *(
        "virtual_ipaddress",
        "track_script",
        "track_interface",
        "group",
        "unicast_peer",
        "authentication",
        "virtual_routes",
    ),
    *("virtual_server_group", "static_rules", "bfd_instance", "MISC_CHECK", "TCP_CHECK", "garp_group", "track_file"),
    *(
        "interface",
        "state",
        "priority",
        "virtual_router_id",
        "notify",
        "script",
        "weight",
        "protocol",
        "path",
        "nopreempt",
    ),
    *(
        "A",
        "eth0",
        "10.0.0.1",
        "10.0.0.1/24",
        "2001:db8::1",
        "80",
        "-1",
        "0",
        "1.5",
        "255",
        "dev",
        "MASTER",
        "on",
        "99999999999",
    ),
    *("{", "}", "{", "}", "#", "!", '"', "'", "\\", "$", "@node", "@^node", "@other", "~SEQ(I,1,3)", "~SEQx(J, 9, 11)"),
    *("~LST(K, a, b)", "~LST({K,L}, {a,b}, {c})", "$A=", "$B=x", "$A", "${A}", "${B}", "${I}", "$K", "${_RANDOM 1 2}"),
    *(
        "include",
        "include x.conf",
        "includer",
        "include_check",
        "${_PWD}",
        '"a b"',
        "'c d'",
        "/bin/true",
        "\x00",
        "\x0b",
        "é",
    ),
)
