"""``global_defs`` and the root keywords that every process needs."""

from __future__ import annotations

from dataclasses import dataclass

from keepalived_py.config.ast.common import SECOND, IPAddress, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalDefinitions:
    """Settings of the whole daemon; defaults as reference/keywords-global-vrrp.tsv gives them.

    ``notification_email_from``, ``router_id`` and ``smtp_helo_name`` are resolved by the verifier (the host's name) and therefore
    never None afterwards. ``smtp_server`` is an address after resolution, ``smtp_server_name`` what was written.
    """

    router_id: str | None = None
    notification_email: tuple[str, ...] = ()
    notification_email_from: str | None = None
    smtp_server: IPAddress | None = None
    smtp_server_name: str | None = None
    smtp_server_port: int = 25
    smtp_helo_name: str | None = None
    smtp_connect_timeout: Microseconds = 30 * SECOND
    smtp_alert: bool | None = None
    smtp_alert_vrrp: bool | None = None
    smtp_alert_checker: bool | None = None
    no_email_faults: bool = False
    no_checker_emails: bool = False
    checker_log_all_failures: bool = False
    enable_script_security: bool = False
    script_user: str | None = None
    script_group: str | None = None
    vrrp_mcast_group4: IPAddress | None = None
    process_name: str = "keepalived"
    vrrp_process_name: str = "keepalived"
    checker_process_name: str = "keepalived"
    ipvs_process_name: str = "keepalived"
    child_wait_time: Microseconds = 5 * SECOND
    lvs_flush: bool = False
    lvs_flush_on_stop: bool = False
    rs_init_notifies: bool = False
