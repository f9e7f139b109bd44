"""``global_defs`` and the root keywords that every process needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from keepalived_py.config.ast.common import SECOND, IPAddress, Microseconds
from keepalived_py.config.ast.settings import (
    BoundaryScripts,
    Buffers,
    Dbus,
    DumpFiles,
    LvsSyncDaemon,
    LvsTimeouts,
    Nftables,
    NotifyFifo,
    ProcessSettings,
    Reloading,
    Snmp,
    VrrpDefaults,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalDefinitions:
    """Settings of the whole daemon; defaults as reference/keywords-global-vrrp.tsv gives them.

    ``notification_email_from``, ``router_id`` and ``smtp_helo_name`` are resolved by the verifier (the host's name) and therefore
    never None afterwards. ``smtp_server`` is an address after resolution, ``smtp_server_name`` what was written.

    ``host_name_known`` says that the resolver knew the host's own name; else names made from it are ours, not keepalived's.
    ``given`` names the keywords that the file has, for those who must tell a default from its repetition.
    ``network_namespace_ipvs`` None is the main one, "" the one keepalived was started in. ``nftables`` is what was configured:
    the table that ``no_accept`` and virtual MACs need besides is not here. ``script_identity_of`` names the parts (global, vrrp,
    check, bfd) in which a script needed ``script_identity``, the default user's numbers.
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
    given: frozenset[str] = frozenset()
    host_name_known: bool = True
    instance_name: str | None = None
    network_namespace: str | None = None
    network_namespace_ipvs: str | None = None
    use_pid_dir: bool = False
    namespace_with_ipsets: bool = False
    bfd_process_name: str = "keepalived"
    use_symlink_paths: bool = False
    set_supplementary_groups: bool = False
    scripts: BoundaryScripts = field(default_factory=BoundaryScripts)
    script_identity: tuple[int, int] | None = None
    script_identity_of: frozenset[str] = frozenset()
    max_auto_priority: int = 0
    min_auto_priority_delay: Microseconds = SECOND
    vrrp_process: ProcessSettings = field(default_factory=ProcessSettings)
    checker_process: ProcessSettings = field(default_factory=ProcessSettings)
    bfd_process: ProcessSettings = field(default_factory=ProcessSettings)
    vrrp: VrrpDefaults = field(default_factory=VrrpDefaults)
    lvs_timeouts: LvsTimeouts = field(default_factory=LvsTimeouts)
    lvs_sync_daemon: LvsSyncDaemon | None = None
    #: As ``global_defs`` alone has it, which is what all but the VRRP process know.
    lvs_sync_daemon_written: LvsSyncDaemon | None = None
    lvs_flush_on_stop_quick: bool = False
    notify_fifo: NotifyFifo | None = None
    vrrp_notify_fifo: NotifyFifo | None = None
    lvs_notify_fifo: NotifyFifo | None = None
    nftables: Nftables | None = None
    nftables_ipvs: Nftables | None = None
    nftables_priority: int | None = None
    nftables_by_index: bool = False
    nftables_counters: bool = False
    snmp: Snmp = field(default_factory=Snmp)
    dbus: Dbus = field(default_factory=Dbus)
    buffers: Buffers = field(default_factory=Buffers)
    umask: int = 0o177
    random_seed: int | None = None
    reloading: Reloading = field(default_factory=Reloading)
    dump_files: DumpFiles = field(default_factory=DumpFiles)
    config_save_directory: str | None = None
    tmp_config_directory: str | None = None
    iproute_usr_directory: str = "/etc/iproute2"
    iproute_etc_directory: str = "/etc/iproute2"
