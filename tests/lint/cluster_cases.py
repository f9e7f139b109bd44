"""For each rule about several nodes: two texts it finds something in, the span marked, and two that fit each other."""

from __future__ import annotations

from tests.lint.texts import instance, script

GOOD = (instance(priority="priority 150"), instance(priority="priority 100"))
TRACKED = "track_script {\nchk\n}"
OTHER_VIP = "virtual_ipaddress {\n198.51.100.11/24\n}"


def unicast(source: str, *peers: str, mark: str = "unicast_peer", priority: int = 100) -> str:
    lines = "\n".join(peers)
    return instance(f"unicast_src_ip {source}", f"{mark} {{\n{lines}\n}}", priority=f"priority {priority}")


CLUSTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "C001": ((GOOD[0], GOOD[1].replace("virtual_router_id 5", "virtual_router_id «6»")), GOOD),
    "C002": ((GOOD[0], instance("version «3»")), (instance("version 3"), instance("version 3"))),
    "C003": ((GOOD[0], instance("advert_int «2»")), (instance("advert_int 2"), instance("advert_int 2"))),
    "C004": (
        (
            instance("authentication {\nauth_type PASS\nauth_pass one\n}"),
            instance("authentication {\nauth_type PASS\nauth_pass «two»\n}"),
        ),
        (
            instance("authentication {\nauth_type PASS\nauth_pass sesame12\n}"),
            instance("authentication {\nauth_type PASS\nauth_pass sesame123\n}"),
        ),
    ),
    "C005": (
        (
            instance(vip="virtual_ipaddress {\n198.51.100.10/24\n198.51.100.11/24\n}"),
            instance(name="«VI»"),
        ),
        (
            instance(vip="virtual_ipaddress {\n198.51.100.10/24\n198.51.100.11/24\n}"),
            instance(vip="virtual_ipaddress {\n198.51.100.11/24\n198.51.100.10/24\n}"),
        ),
    ),
    "C006": ((GOOD[0], instance("mcast_dst_ip «224.0.0.19»")), (instance("mcast_dst_ip 224.0.0.18"), GOOD[1])),
    "C007": (
        (instance("version 3"), instance("version 3", "v3_checksum_as_v2", name="«VI»")),
        (instance("version 2"), instance("version 2", "v3_checksum_as_v2")),
    ),
    "C008": (
        (
            unicast("198.51.100.1", "198.51.100.2", priority=150),
            unicast("198.51.100.2", "198.51.100.3", mark="«unicast_peer»"),
        ),
        (unicast("198.51.100.1", "198.51.100.2", priority=150), unicast("198.51.100.2", "198.51.100.1")),
    ),
    "C009": ((instance(), instance(priority="priority «100»")), GOOD),
    "C010": (
        (instance("state MASTER"), instance("state «MASTER»")),
        (instance("state MASTER"), instance("state BACKUP")),
    ),
    "C011": (
        (instance("nopreempt"), instance(priority="priority 150", name="«VI»")),
        (instance("nopreempt", priority="priority 150"), instance()),
    ),
    "C012": (
        (instance(), instance(name="OTHER", vip=OTHER_VIP).replace("virtual_router_id 5", "virtual_router_id «5»")),
        (instance(), instance(name="OTHER", vip=OTHER_VIP).replace("interface eth0", "interface eth1")),
    ),
    "C013": ((GOOD[0], instance("«use_vmac»")), (instance("use_vmac"), instance("use_vmac"))),
    "C014": (
        (script() + instance(TRACKED), instance(name="«VI»")),
        (script() + instance(TRACKED), script() + instance(TRACKED)),
    ),
    "C015": (
        (
            GOOD[0] + instance(name="V2", vrid=6, vip=OTHER_VIP) + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
            instance(name="«VI»") + instance(name="«V2»", vrid=6, vip=OTHER_VIP),
        ),
        (
            GOOD[0] + instance(name="V2", vrid=6, vip=OTHER_VIP) + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
            GOOD[1] + instance(name="V2", vrid=6, vip=OTHER_VIP) + "vrrp_sync_group H {\ngroup {\nV2\nVI\n}\n}\n",
        ),
    ),
    "C016": ((GOOD[0], GOOD[1] + instance(name="«V2»", vrid=6, vip=OTHER_VIP)), GOOD),
    "C017": (
        (
            script("weight 2") + instance("track_script {\n«chk»\n}", priority="priority 150"),
            script() + instance(TRACKED),
        ),
        (
            script("weight -60") + instance(TRACKED, priority="priority 150"),
            script("weight -60") + instance(TRACKED, priority="priority 100"),
        ),
    ),
    "C018": (
        (
            script("weight -60") + instance("track_script {\n«chk»\n}", priority="priority 150"),
            script("weight -60") + instance(TRACKED, "nopreempt"),
        ),
        (
            script() + instance(TRACKED, priority="priority 150"),
            script() + instance(TRACKED, "nopreempt"),
        ),
    ),
    "C019": (
        (
            unicast("198.51.100.1", "198.51.100.2", priority=150),
            unicast("198.51.100.1", "198.51.100.2").replace("198.51.100.1\n", "«198.51.100.1»\n", 1),
        ),
        (unicast("198.51.100.1", "198.51.100.2", priority=150), unicast("198.51.100.2", "198.51.100.1")),
    ),
    "C020": (
        tuple(
            instance("auth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\nactive_key 1\n}", name=name)
            for name in ("«VI»", "VI")
        ),
        tuple(
            instance("auth_hmac {\nanti_replay monotonic\nkey 1 0123456789abcdef0123456789abcdef\n}") for _ in range(2)
        ),
    ),
}
