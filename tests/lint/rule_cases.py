"""For each rule about one file: a text that it finds, its span marked, and a near miss that it must not find."""

from __future__ import annotations

from tests.lint.texts import VIP, instance, script, server

TRACKED = "track_script {\nchk\n}"
MAIL = "notification_email {\na@example.org\n}"
GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    # --- K: the language
    "K001": (instance("«interfce» eth1"), GOOD),
    "K002": (GOOD + "«}»\n", GOOD),
    "K003": (instance('«notify_master "/bin/true»'), instance('notify_master "/bin/true"')),
    "K004": (instance("«advert_int»"), instance("advert_int 1")),
    "K005": (instance("garp_master_delay «x»"), instance("garp_master_delay 1")),
    "K007": ("include «no-such-file.conf»\n" + GOOD, GOOD),
    "K008": (instance("«lvs_sync_daemon_interface eth0»"), GOOD),
    "K009": ("«! a»\r\n" + GOOD, "! a\n" + GOOD),
    "K010": (instance("advert_int 1", "«advert_int 2»"), instance("advert_int 1")),
    "K011": (instance(name='"«VI 1»"'), instance(name='"VI_1"')),
    "K013": (instance("advert_int 1 «second»"), instance("advert_int 1 # second")),
    "K014": ("global_defs {\n}\n", GOOD),
    "K016": (instance("authentication {\nauth_type «FOO»\nauth_pass a\n}"), GOOD),
    "K017": (instance(vip="virtual_ipaddress {\n«VIP_HERE»\n}"), GOOD),
    "K018": (instance("advert_int«\u00a0»1"), instance("advert_int 1 # a\u00a0b")),
    # --- V: VRRP
    "V001": (
        GOOD + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n«198.51.100.10/24»\n}"),
        GOOD + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11/24\n}"),
    ),
    "V002": (
        instance(vip="virtual_ipaddress {\n«198.51.100.0/24»\n}"),
        instance(vip="virtual_ipaddress {\n198.51.101.0/23\n}"),
    ),
    "V003": (instance(priority="", name="«VI»"), GOOD),
    "V004": (
        instance("«unicast_peer» {\n198.51.100.2\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V005": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«198.51.100.1»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V006": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«198.51.100.10»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V007": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«198.51.100.2/24»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V008": (
        instance("authentication {\n«auth_pass sesame»\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass sesame\n}"),
    ),
    "V009": (
        instance("authentication {\nauth_type PASS\nauth_pass «1111»\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass s3same\n}"),
    ),
    "V010": (
        instance("authentication {\nauth_type «AH»\nauth_pass s3same\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass s3same\n}"),
    ),
    "V012": (instance("strict_mode on", name="«VI»"), instance("version 3", "strict_mode on", "accept")),
    "V013": (
        instance(vip="virtual_ipaddress {\n«2001:db8::10/64»\n}"),
        instance(vip="virtual_ipaddress {\nfe80::10/64\n2001:db8::10/64\n}"),
    ),
    "V014": (
        instance("«version 2»", vip="virtual_ipaddress {\nfe80::10/64\n}"),
        instance("version 3", vip="virtual_ipaddress {\nfe80::10/64\n}"),
    ),
    "V015": (
        GOOD
        + instance(name="V2", vrid=6, priority="priority «90»", vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
        GOOD
        + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
    ),
    "V016": (
        instance("nopreempt")
        + instance(name="«V2»", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
        instance("nopreempt")
        + instance("nopreempt", name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
    ),
    "V017": (instance("down_timer_adverts «1»"), instance("down_timer_adverts 2")),
    "V018": (
        script() + instance("track_script {\nchk weight «-200»\n}"),
        script() + instance("track_script {\nchk weight -99\n}"),
    ),
    "V019": (
        script("weight -10") + instance("nopreempt", "track_script {\n«chk»\n}"),
        script() + instance("nopreempt", TRACKED),
    ),
    "V020": (
        script("weight 5") + instance("track_script {\nchk weight «7»\n}"),
        script("weight 5") + instance(TRACKED),
    ),
    "V023": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«192.0.2.1»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n192.0.2.1 min_ttl 250\n}"),
    ),
    "V027": (
        "global_defs {\nlvs_sync_daemon eth0 «VJ»\n}\n" + GOOD,
        "global_defs {\nlvs_sync_daemon eth0 VI\n}\n" + GOOD,
    ),
    "V101": (instance().replace("virtual_router_id 5", "virtual_router_id «256»"), GOOD),
    "V102": ("«vrrp_instance VI» {\ninterface eth0\nvirtual_router_id 5\npriority 100\n}\n", GOOD),
    "V103": (
        instance()
        + instance(name="V2", vip="virtual_ipaddress {\n198.51.100.11\n}").replace(
            "virtual_router_id 5", "«virtual_router_id 5»"
        ),
        instance() + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}"),
    ),
    "V104": (GOOD + instance(name="«VI»", vrid=6), GOOD),
    "V105": (instance(vip="virtual_ipaddress {\n198.51.100.10\n«198.51.100.10»\n}"), GOOD),
    "V106": (instance(vip="virtual_ipaddress {\n198.51.100.10\n«2001:db8::9»\n}"), GOOD),
    "V107": (
        instance("authentication {\nauth_type PASS\n«auth_pass sesame-sesame»\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass sesame12\n}"),
    ),
    "V108": (
        instance("version 3", "«authentication» {\nauth_type PASS\nauth_pass sesame\n}"),
        instance("version 2", "authentication {\nauth_type PASS\nauth_pass sesame\n}"),
    ),
    "V109": (instance("strict_mode on", "«unicast_peer» {\n198.51.100.2\n}"), instance("strict_mode on")),
    "V110": (instance("version 2", "«advert_int 0.5»"), instance("version 3", "advert_int 0.5")),
    "V111": (instance("state MASTER", "«nopreempt»"), instance("state BACKUP", "nopreempt")),
    "V112": (
        instance("unicast_src_ip 198.51.100.1", name="VI").replace("vrrp_instance VI", "«vrrp_instance VI»"),
        GOOD,
    ),
    "V113": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n«198.51.100.2»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n198.51.100.3\n}"),
    ),
    "V114": (instance("track_interface {\n«eth0»\n}"), instance("track_interface {\neth1\n}")),
    "V115": (
        script("weight 5") + instance("track_script {\n«chk»\n}", priority="priority 255"),
        script() + instance(TRACKED, priority="priority 255"),
    ),
    "V116": (GOOD + "vrrp_sync_group G {\n«group» {\nVI\n}\n}\n", GOOD),
    "V117": (instance("«vmac_xmit_base»"), instance("use_vmac", "vmac_xmit_base")),
    "V118": (
        instance(
            vip="virtual_ipaddress {\n" + "\n".join(f"10.1.{n // 250}.{n % 250 + 1}/16" for n in range(300)) + "\n}"
        ).replace("vrrp_instance VI", "«vrrp_instance VI»"),
        GOOD,
    ),
    "V119": (instance("state «master»"), instance("state MASTER")),
    # --- S: scripts
    "S001": (script("timeout «10»") + instance(TRACKED), script("timeout 2") + instance(TRACKED)),
    "S002": (script(name="«chk»") + GOOD, script() + instance(TRACKED)),
    "S003": (script() + script(name="«chk»") + instance(TRACKED), script() + instance(TRACKED)),
    "S004": (
        script(command="/usr/bin/killall -0 x «&&» exit") + instance(TRACKED),
        script(command="/bin/sh -c 'killall -0 x && exit'") + instance(TRACKED),
    ),
    "S005": (
        instance("notify_fault \"/bin/sh -c '«systemctl stop keepalived»'\""),
        instance("notify_fault \"/bin/sh -c 'systemctl stop nginx; killall -0 keepalived'\""),
    ),
    "S006": (instance('notify_master "«/no/such»"'), instance('notify_master "/bin/true"')),
    "S007": (script(command="«/opt/dos»") + instance(TRACKED), script(command="/opt/unix") + instance(TRACKED)),
    "S008": (
        "global_defs {\nnotify_fifo «/nowhere/fifo»\n}\n" + GOOD,
        "global_defs {\nnotify_fifo /run/fifo\n}\n" + GOOD,
    ),
    "S009": (
        "vrrp_track_process P {\nprocess «sshx»\n}\n" + GOOD,
        "vrrp_track_process P {\nprocess sshd\n}\n" + GOOD,
    ),
    "S010": (
        script(command="X").replace('"X"', "/usr/bin/killall «-0» haproxy") + instance(TRACKED),
        script(command="X").replace('"X"', "/bin/true nobody nogroup") + instance(TRACKED),
    ),
    "S013": (
        script(command="/usr/bin/sleep 2").replace('script "/usr/bin/sleep 2"', '«script "/usr/bin/sleep 2"»')
        + instance(TRACKED),
        script(command="/usr/bin/sleep 1") + instance(TRACKED),
    ),
    "S101": (script() + instance("track_script {\n«chj»\n}"), script() + instance(TRACKED)),
    "S102": ('vrrp_script chk {\n«script "/no/such"»\n}\n' + instance(TRACKED), script() + instance(TRACKED)),
    "S103": (
        script() + instance(TRACKED),
        "global_defs {\nenable_script_security\nscript_user root\n}\n" + script() + instance(TRACKED),
    ),
    # --- L: LVS
    "L001": (
        server(head="virtual_server group «H»") + "virtual_server_group G {\n198.51.100.10 80\n}\n",
        server(head="virtual_server group G") + "virtual_server_group G {\n198.51.100.10 80\n}\n",
    ),
    "L002": (
        "virtual_server_group «G» {\n198.51.100.10 80\n}\n" + server(),
        server(head="virtual_server group G") + "virtual_server_group G {\n198.51.100.10 80\n}\n",
    ),
    "L003": (
        server() + server(head="«virtual_server 198.51.100.10 80»"),
        server() + server(head="virtual_server 198.51.100.10 81", real="192.0.2.1 81"),
    ),
    "L004": (server(check="").replace("real_server 192.0.2.1 80", "«real_server 192.0.2.1 80»"), server()),
    "L005": (server(real="«198.51.100.10» 80"), server(real="192.0.2.1 80")),
    "L006": (server("«sorry_server 192.0.2.1 80»"), server("sorry_server 192.0.2.2 80")),
    "L007": (
        server(check="HTTP_GET {\n«url» {\npath /\n}\n}"),
        server(check="HTTP_GET {\nurl {\npath /\nstatus_code 200\n}\n}"),
    ),
    "L008": (
        server(check="«SSL_GET» {\nurl {\npath /\nstatus_code 200\n}\n}"),
        server(check="SSL_GET {\nconnect_port 443\nurl {\npath /\nstatus_code 200\n}\n}"),
    ),
    "L009": (
        server(check="«TCP_CHECK» {\n}").replace("protocol TCP", "protocol UDP"),
        server(check="UDP_CHECK {\n}").replace("protocol TCP", "protocol UDP"),
    ),
    "L010": (
        server(check="TCP_CHECK {\n«connect_timeout 20»\nretry 2\n}"),
        server(check="TCP_CHECK {\nconnect_timeout 5\nretry 2\n}"),
    ),
    "L011": (server("«persistence_timeout»"), server("persistence_timeout 60")),
    "L012": (server(head="«virtual_server 198.51.100.10 80»").replace("delay_loop 30\n", ""), server()),
    "L014": (instance() + server(head="virtual_server «198.51.100.99» 80"), instance() + server()),
    "L101": (
        server(real="192.0.2.1 81").replace("virtual_server 198.51.100.10 80", "«virtual_server 198.51.100.10 80»"),
        server(),
    ),
    "L102": (server("«quorum 5»"), server("quorum 1")),
    "L104": ("«virtual_server 198.51.100.10 80» {\nlvs_sched rr\nlvs_method DR\nprotocol TCP\n}\n", server()),
    "L105": (server(head="«virtual_server 198.51.100.10 80»").replace("protocol TCP\n", ""), server()),
    # --- G: global settings
    "G001": (
        instance("«smtp_alert»"),
        "global_defs {\n" + MAIL + "\nsmtp_server 127.0.0.1\n}\n" + instance("smtp_alert"),
    ),
    "G002": (
        "global_defs {\n«notification_email» {\na@example.org\n}\n}\n" + GOOD,
        "global_defs {\n" + MAIL + "\nsmtp_server 127.0.0.1\n}\n" + GOOD,
    ),
    "G003": (
        "global_defs {\n«notification_email» {\na@example.org\n}\n}\n" + GOOD,
        "global_defs {\n" + MAIL + "\nsmtp_alert\n}\n" + GOOD,
    ),
    "G004": ("global_defs {\n}\n«global_defs» {\n}\n" + GOOD, "global_defs {\n}\n" + GOOD),
    "G101": (
        "global_defs {\nsmtp_server «no.such.example»\n}\n" + GOOD,
        "global_defs {\nsmtp_server 127.0.0.1\n}\n" + GOOD,
    ),
    # --- H: the host
    "H001": (instance().replace("interface eth0", "interface «eth00»"), GOOD),
    "H002": (
        instance(vip="virtual_ipaddress {\n«198.51.100.1/24»\n}"),
        instance(vip="virtual_ipaddress {\n198.51.100.1/24\n}", priority="priority 255"),
    ),
    "H003": (instance(vip="virtual_ipaddress {\n«198.51.100.10»\n}"), GOOD),
    "H004": (instance(vip="virtual_ipaddress {\n«192.0.2.10/24»\n}"), GOOD),
    "H005": (
        instance("unicast_src_ip «198.51.100.7»", "unicast_peer {\n198.51.100.2\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "H006": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«203.0.113.1»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n203.0.113.2\n}"),
    ),
    "H007": (
        instance("virtual_routes {\n192.0.2.0/24 via «10.9.9.9»\n}"),
        instance("virtual_routes {\n192.0.2.0/24 via 203.0.113.254\n}"),
    ),
    "H008": (
        "global_defs {\ndynamic_interfaces\n}\n" + instance().replace("interface eth0", "interface «etho0»"),
        "global_defs {\ndynamic_interfaces\n}\n" + GOOD,
    ),
    "H009": (server(head="«virtual_server 198.51.100.10 80»").replace("lvs_method DR", "lvs_method NAT"), server()),
    "H010": (instance(vip="virtual_ipaddress {\n«198.51.100.10/24»\n}"), instance("promote_secondaries", vip=VIP)),
    "H011": (
        instance(vip="virtual_ipaddress {\n«203.0.113.9/24» dev eth1\n}"),
        instance(vip="virtual_ipaddress {\n203.0.113.9/24 dev eth0\n}"),
    ),
}

#: Rules whose findings cannot come from a text on the described host, and where they are tested instead.
ELSEWHERE = {
    "K006": "tests/lint/test_command.py: a directory in place of a file",
    "K015": "tests/lint/test_findings.py: what is not acted on changes with every version",
    "L103": "tests/lint/test_findings.py",
}
