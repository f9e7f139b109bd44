"""What the command line settled and every process may need to know."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_CONFIGURATION = "/etc/keepalived/keepalived.conf"
#: What a MASTER does when somebody else removes an address, route or rule of it: set it again, or step down as the reference does.
PUT_BACK = "put-back"
STEP_DOWN = "step-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of the daemon as parsed; reference/cli-and-process.md §1 names them.

    The PID files are "" where the configuration decides. ``namespace`` is that of ``-s``; ``inside`` says that the one to be in has
    been entered. ``umask`` None is the configuration's.

    ``ipvs_dry_run`` is None to drive the kernel, "" to keep the wanted table in memory only, else a file that shows it.
    ``vip_removed`` is PUT_BACK or STEP_DOWN.
    """

    configuration_file: str = DEFAULT_CONFIGURATION
    configuration_id: str = ""
    log_detail: int = 0
    foreground: bool = False
    run_vrrp: bool = True
    run_checkers: bool = True
    run_all: bool = False
    dont_respawn: bool = False
    dont_release_vrrp: bool = False
    dont_release_ipvs: bool = False
    release_vips: bool = False
    dump_configuration: bool = False
    ignore_sigint: bool = False
    pid_file: str = ""
    vrrp_pid_file: str = ""
    checkers_pid_file: str = ""
    namespace: str | None = None
    inside: bool = False
    umask: int | None = None
    address_monitoring: bool = False
    ipvs_dry_run: str | None = None
    host_facts: str | None = None
    vip_removed: str = PUT_BACK
