"""The command ``keepalived-py``: keepalived's options and exit statuses, the linter, and the start of the daemon.

Every option of keepalived is known here; one whose function is not built yet is accepted, and the daemon says so in its log.
Source: reference/cli-and-process.md §1 and §4.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from keepalived_py import __version__
from keepalived_py.runtime.getopt import Argument, Option, OptionError, parse
from keepalived_py.runtime.options import DEFAULT_CONFIGURATION, PUT_BACK, STEP_DOWN, Options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepalived_py.config.cache import Memory
    from keepalived_py.config.host import Host
    from keepalived_py.config.load import Loaded

#: The keepalived whose behaviour this is; tools read it as the version.
COMPATIBLE_VERSION = "2.4.3"
COMPATIBLE_DATE = "08/13,2026"
VERSION_STRING = f"Keepalived v{COMPATIBLE_VERSION} ({COMPATIBLE_DATE}), keepalived-py {__version__}"

_EXIT_USAGE = 1
_EXIT_NO_CONFIGURATION = 6

_N, _R, _O = Argument.NONE, Argument.REQUIRED, Argument.OPTIONAL

OPTIONS = (
    Option(long="use-file", short="f", argument=_R, metavar="FILE", help="Use the specified configuration file"),
    Option(long="vrrp", short="P", help="Only run with VRRP subsystem"),
    Option(long="check", short="C", help="Only run with Health-checker subsystem"),
    Option(long="no_bfd", short="B", help="Don't run BFD subsystem"),
    Option(long="all", help="Force all child processes to run, even if they have no configuration"),
    Option(long="log-console", short="l", help="Log messages to local console (with -n)"),
    Option(long="log-detail", short="D", help="Detailed log messages"),
    Option(
        long="log-facility",
        short="S",
        argument=_R,
        metavar="([0-7]|local[0-7]|user|daemon)",
        help="Set syslog facility (default daemon)",
    ),
    Option(long="log-file", short="g", argument=_O, metavar="FILE", help="Also log to FILE"),
    Option(long="flush-log-file", help="Flush log file on write"),
    Option(long="no-syslog", short="G", help="Don't log via syslog"),
    Option(long="umask", short="u", argument=_R, metavar="MASK", help="umask for file creation (in numeric form)"),
    Option(long="release-vips", short="X", help="Drop VIP on transition from signal"),
    Option(long="dont-release-vrrp", short="V", help="Don't remove VRRP VIPs on daemon stop"),
    Option(long="dont-release-ipvs", short="I", help="Don't remove IPVS topology on daemon stop"),
    Option(long="dont-respawn", short="R", help="Don't respawn child processes"),
    Option(long="dont-fork", short="n", help="Don't fork the daemon process"),
    Option(long="dump-conf", short="d", help="Dump the configuration data"),
    Option(long="pid", short="p", argument=_R, metavar="FILE", help="Use specified pidfile for parent process"),
    Option(long="vrrp_pid", short="r", argument=_R, metavar="FILE", help="Use specified pidfile for VRRP process"),
    Option(
        long="checkers_pid", short="c", argument=_R, metavar="FILE", help="Use specified pidfile for checkers process"
    ),
    Option(long="bfd_pid", short="b", argument=_R, metavar="FILE", help="Use specified pidfile for BFD process"),
    Option(long="address-monitoring", short="a", help="Report all address additions/deletions notified via netlink"),
    Option(long="genhash", short="T", help="Enter into genhash utility mode"),
    Option(long="snmp", short="x", help="Enable SNMP subsystem"),
    Option(
        long="snmp-agent-socket",
        short="A",
        argument=_R,
        metavar="FILE",
        help="Use the specified socket for master agent",
    ),
    Option(long="namespace", short="s", argument=_R, metavar="NAME", help="Run in network namespace NAME"),
    Option(long="core-dump", short="m", help="Produce core dump if terminate abnormally"),
    Option(long="core-dump-pattern", short="M", argument=_O, metavar="PATN", help="Also set the kernel's core_pattern"),
    Option(long="all-config", short="e", help="Error if any configuration file missing"),
    Option(long="config-id", short="i", argument=_R, metavar="ID", help="Skip configuration lines '@' for other IDs"),
    Option(
        long="signum",
        argument=_R,
        metavar="SIGFUNC",
        help="Return signal number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON",
    ),
    Option(
        long="config-test",
        short="t",
        argument=_O,
        metavar="LOG_FILE",
        help="Check the configuration for obvious errors, output to stderr or LOG_FILE",
    ),
    Option(long="config-fd", argument=_R, metavar="N", help="Accepted for compatibility"),
    Option(long="ignore-sigint", help="Ignore SIGINT (default means terminate)"),
    Option(long="mem-check-log", short="L", help="Accepted for compatibility"),
    Option(long="no-mem-check", help="Accepted for compatibility"),
    Option(long="openssl-mem-check", help="Accepted for compatibility"),
    Option(long="perf", argument=_O, metavar="TYPE", help="Accepted for compatibility"),
    Option(long="debug", argument=_O, metavar="LETTERS", help="Accepted for compatibility"),
    Option(long="version", short="v", help="Display the version number"),
    Option(long="help", short="h", help="Display this help message"),
    # --- ours: long options only, so that a letter of keepalived is never taken ---
    Option(long="check-conf", help="Check the given configuration files and explain what is wrong"),
    Option(long="format", argument=_R, metavar="text|json|sarif|github", help="How --check-conf writes its findings"),
    Option(long="select", argument=_R, metavar="RULES", help="Only these rules: ids or beginnings of ids, with commas"),
    Option(long="ignore", argument=_R, metavar="RULES", help="All rules but these"),
    Option(
        long="fail-on",
        argument=_R,
        metavar="error|warning|info",
        help="From which severity on --check-conf ends with status 1 (default error)",
    ),
    Option(long="explain", argument=_R, metavar="RULE|all", help="Explain a rule of --check-conf, or list them all"),
    Option(long="color", argument=_R, metavar="auto|always|never", help="Whether --check-conf uses colours"),
    Option(
        long="print-config",
        argument=_R,
        metavar="global|vrrp|check|bfd",
        help="Print what the configuration means, as -d logs it, and exit",
    ),
    Option(
        long="format-conf",
        help="Print the given configuration files with canonical indentation and spacing; --check: exit 1 if that differs",
    ),
    Option(long="in-place", help="With --format-conf: write the files instead"),
    Option(long="diff", help="With --format-conf: print what would change"),
    Option(
        long="host-facts",
        argument=_R,
        metavar="FILE|none",
        help="Ask FILE instead of this host which interfaces, scripts and users exist; none: all exist",
    ),
    Option(
        long="ipvs",
        argument=_R,
        metavar="kernel|dry-run[=FILE]",
        help="dry-run: keep the IPVS table without touching the kernel, and show it in FILE",
    ),
    Option(
        long="vip-removed",
        argument=_R,
        metavar=f"{PUT_BACK}|{STEP_DOWN}",
        help="What a MASTER does when somebody else removes an address, route or rule of it",
    ),
)

_SIGNALS = {
    "STOP": signal.SIGTERM,
    "RELOAD": signal.SIGHUP,
    "DATA": signal.SIGUSR1,
    "STATS": signal.SIGUSR2,
    "STATS_CLEAR": signal.SIGRTMAX - 1,
    "JSON": signal.SIGRTMIN + 2,
}

_NOT_BUILT_YET = {
    "log-file": "--log-file",
    "release-vips": "--release-vips",
    "snmp": "--snmp",
    "snmp-agent-socket": "--snmp-agent-socket",
    "core-dump": "--core-dump",
    "core-dump-pattern": "--core-dump-pattern",
}


@dataclass(slots=True)
class _Request:
    """What the command line asks for."""

    options: Options = field(default_factory=Options)
    console: bool = False
    syslog: bool = True
    facility: int | None = None
    config_test: bool = False
    config_test_file: str | None = None
    check_conf: bool = False
    format_conf: bool = False
    in_place: bool = False
    diff: bool = False
    lint: dict[str, str] = field(default_factory=dict)
    print_config: str | None = None
    all_config: bool = False
    only_vrrp: bool = False
    only_checkers: bool = False
    not_built_yet: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        found, left = parse("keepalived-py", words, OPTIONS)
    except OptionError as error:
        _complain(str(error))
        return _EXIT_USAGE
    request = _Request(left_over=left)
    for name, value in found:
        status = _apply(request, name, value)
        if status is not None:
            return status
    _finish(request)
    if request.format_conf:
        return _format_conf(request)
    if request.check_conf or "explain" in request.lint:
        return _check_conf(request)
    if left:
        sys.stdout.write(f"Unexpected argument(s): {' '.join(left)}\n")
    if request.config_test:
        return _config_test(request)
    if request.print_config is not None:
        return _print_config(request, request.print_config)
    return _run_daemon(request, words)


def _complain(text: str) -> None:
    # Bytes: what is quoted from a configuration need not be UTF-8.
    sys.stderr.buffer.write(f"{text}\n".encode(errors="surrogateescape"))
    sys.stderr.buffer.flush()


def _apply(request: _Request, name: str, value: str | None) -> int | None:  # noqa: PLR0915 - one case an option
    """Take one option into ``request``; an exit status ends the command at once."""
    match name, value:
        case "use-file", str():
            request.options = replace(request.options, configuration_file=value)
        case "vrrp", _:
            request.only_vrrp = True
        case "check", _:
            request.only_checkers = True
        case "all", _:
            request.options = replace(request.options, run_all=True)
        case "log-console", _:
            request.console = True
        case "log-detail", _:
            request.options = replace(request.options, log_detail=request.options.log_detail + 1)
        case "log-facility", str():
            from keepalived_py.log import facility_number  # noqa: PLC0415 - only the daemon needs the log

            request.facility = facility_number(value)
            if request.facility is None:
                _complain(f"Invalid log facility '{value}'")
        case "no-syslog", _:
            request.syslog = False
        case "dont-release-vrrp", _:
            request.options = replace(request.options, dont_release_vrrp=True)
        case "dont-release-ipvs", _:
            request.options = replace(request.options, dont_release_ipvs=True)
        case "dont-respawn", _:
            request.options = replace(request.options, dont_respawn=True)
        case "dont-fork", _:
            request.options = replace(request.options, foreground=True)
        case "pid", str():
            request.options = replace(request.options, pid_file=value)
        case "vrrp_pid", str():
            request.options = replace(request.options, vrrp_pid_file=value)
        case "checkers_pid", str():
            request.options = replace(request.options, checkers_pid_file=value)
        case "address-monitoring", _:
            request.options = replace(request.options, address_monitoring=True)
        case "umask", str():
            _apply_umask(request, value)
        case "namespace", str():
            request.options = replace(request.options, namespace=value)
        case "all-config", _:
            request.all_config = True
        case "config-id", str():
            request.options = replace(request.options, configuration_id=value)
        case "ignore-sigint", _:
            request.options = replace(request.options, ignore_sigint=True)
        case "config-test", _:
            request.config_test, request.config_test_file = True, value
        case "dump-conf", _:
            request.options = replace(request.options, dump_configuration=True)
        case "print-config", str():
            request.print_config = value
        case "check-conf", _:
            request.check_conf = True
        case "format" | "select" | "ignore" | "fail-on" | "explain" | "color", str():
            request.lint[name] = value
        case "format-conf", _:
            request.format_conf = True
        case "in-place", _:
            request.in_place = True
        case "diff", _:
            request.diff = True
        case "host-facts", str():
            request.options = replace(request.options, host_facts=value)
        case "ipvs", str():
            return _apply_ipvs(request, value)
        case "vip-removed", str():
            if value not in {PUT_BACK, STEP_DOWN}:
                _complain(f"keepalived-py: --vip-removed takes {PUT_BACK} or {STEP_DOWN}, not '{value}'")
                return _EXIT_USAGE
            request.options = replace(request.options, vip_removed=value)
        case "signum", str():
            return _signum(value)
        case "version", _:
            return _version()
        case "help", _:
            return _help()
        case "genhash", _:
            _complain("keepalived-py: genhash mode is not part of this version; nothing was done")
            return _EXIT_USAGE
        case _:
            if name in _NOT_BUILT_YET:
                request.not_built_yet.append(_NOT_BUILT_YET[name])
    return None


def _apply_ipvs(request: _Request, value: str) -> int | None:
    mode, _, path = value.partition("=")
    if mode == "dry-run":
        request.options = replace(request.options, ipvs_dry_run=os.path.abspath(path) if path else "")
    elif value != "kernel":
        _complain(f"keepalived-py: --ipvs takes kernel, dry-run or dry-run=FILE, not '{value}'")
        return _EXIT_USAGE
    return None


def _apply_umask(request: _Request, value: str) -> None:
    try:
        mask = int(value, 8) if value.isdigit() and value.startswith("0") else int(value, 0)
    except ValueError:
        mask = -1
    if not 0 <= mask <= 0o777:
        _complain(f"Invalid --umask option {value}")
        return
    request.options = replace(request.options, umask=mask)


def _finish(request: _Request) -> None:
    options = request.options
    if request.only_vrrp != request.only_checkers:
        options = replace(options, run_vrrp=request.only_vrrp, run_checkers=request.only_checkers)
    if not options.configuration_id:
        options = replace(options, configuration_id=platform.node().partition(".")[0])
    request.options = options


def _signum(name: str) -> int:
    number = _SIGNALS.get(name)
    if number is None:
        _complain(f"Unknown sigfunc {name}")
        return _EXIT_USAGE
    sys.stdout.write(f"{int(number)}\n")
    return 0


def _version() -> int:
    system = os.uname()
    _complain(
        f"{VERSION_STRING}\n\n"
        "keepalived in Python; not the work of keepalived's authors.\n\n"
        f"Running on {system.sysname} {system.release} {system.version}\n"
        f"Python {platform.python_version()}\n\n"
        "configure options:\n\n"
        "Config options:  LVS VRRP VRRP_AUTH\n\n"
        "System options:  VSYSLOG LIBIPVS_NETLINK"
    )
    return 0


def _help() -> int:
    lines = ["Usage: keepalived-py [OPTION...]"]
    for option in OPTIONS:
        value = ""
        if option.argument is Argument.REQUIRED:
            value = f"={option.metavar}"
        elif option.argument is Argument.OPTIONAL:
            value = f"[={option.metavar}]"
        letter = f"-{option.short}, " if option.short else "    "
        head = f"  {letter}--{option.long}{value}"
        lines.append(f"{head:<30} {option.help}" if len(head) < 30 else f"{head}\n{'':<30} {option.help}")
    _complain("\n".join(lines))
    return 0


# --- checking -----------------------------------------------------------------------------------------------------------


def _enter_namespace(name: str) -> None:
    from keepalived_py.kernel.netns import enter  # noqa: PLC0415 - hardly anybody needs it

    enter(name)


def _host(options: Options) -> Host:
    from keepalived_py.config.host import AnyHost, FactsHost, LiveHost  # noqa: PLC0415 - keeps --version and --help fast

    if options.host_facts is None:
        return LiveHost(None if options.inside else _enter_namespace)
    if options.host_facts == "none":
        return AnyHost()
    return FactsHost.read(options.host_facts)


def _load(options: Options, *, testing: bool, all_includes: bool, memory: Memory | None = None) -> Loaded | None:
    from keepalived_py.config.load import load  # noqa: PLC0415 - keeps --version and --help fast

    try:
        host = _host(options)
    except (OSError, ValueError) as error:
        _complain(f"keepalived-py: --host-facts {options.host_facts}: {error}")
        return None
    return load(
        options.configuration_file,
        host=host,
        config_id=options.configuration_id,
        testing=testing,
        all_includes=all_includes,
        memory=memory,
        namespace=options.namespace,
    )


def _config_test(request: _Request) -> int:
    loaded = _load(request.options, testing=True, all_includes=request.all_config)
    if loaded is None:
        return _EXIT_USAGE
    lines = loaded.report.lines(testing=True)
    if request.config_test_file is None:
        for line in lines:
            _complain(line)
        return loaded.report.exit_status(testing=True)
    try:
        # Appended, never through a link: it may be in a directory that others can write to.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(request.config_test_file, flags, 0o644), "w", errors="surrogateescape") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        _complain(f"Unable to open config-test log file {request.config_test_file}: {error.strerror}")
        return _EXIT_USAGE
    return loaded.report.exit_status(testing=True)


def _print_config(request: _Request, part: str) -> int:
    from keepalived_py.config.dump import PARTS, dump  # noqa: PLC0415 - keeps --version and --help fast

    if part not in PARTS:
        _complain(f"keepalived-py: --print-config takes {', '.join(PARTS[:-1])} or {PARTS[-1]}, not '{part}'")
        return _EXIT_USAGE
    loaded = _load(request.options, testing=False, all_includes=request.all_config)
    if loaded is None:
        return _EXIT_USAGE
    configuration = loaded.configuration or (loaded.checkers_only if part == "check" else None)
    if configuration is None:
        for line in loaded.report.lines(testing=False):
            _complain(line)
        return loaded.report.fatal_status or _EXIT_NO_CONFIGURATION
    for line in dump(configuration, part):
        sys.stdout.buffer.write(f"{line}\n".encode(errors="surrogateescape"))
    sys.stdout.buffer.flush()
    return 0


def _check_conf(request: _Request) -> int:
    from keepalived_py.lint.command import check_files  # noqa: PLC0415 - only the linter needs it

    paths = request.left_over or [request.options.configuration_file or DEFAULT_CONFIGURATION]
    try:
        # The files of several nodes are not of several namespaces of this host.
        host = _host(replace(request.options, inside=len(paths) > 1))
    except (OSError, ValueError) as error:
        _complain(f"keepalived-py: --host-facts {request.options.host_facts}: {error}")
        return _EXIT_USAGE
    return check_files(
        paths,
        host=host,
        config_id=request.options.configuration_id,
        settings=request.lint,
        output=sys.stdout,
        complain=_complain,
    )


def _format_conf(request: _Request) -> int:
    from keepalived_py.config.format import format_files  # noqa: PLC0415 - only the formatter needs it

    paths = request.left_over or [request.options.configuration_file or DEFAULT_CONFIGURATION]
    # --check is keepalived's -C, which means nothing to a formatter; other formatters have taught people this word.
    return format_files(paths, in_place=request.in_place, diff=request.diff, check=request.only_checkers)


# --- the daemon ---------------------------------------------------------------------------------------------------------


def _run_daemon(request: _Request, words: list[str]) -> int:
    from keepalived_py.daemon import StartRequest, run_daemon  # noqa: PLC0415 - -t needs nothing of it
    from keepalived_py.log import LogSettings  # noqa: PLC0415 - as above

    facility: dict[str, Any] = {} if request.facility is None else {"facility": request.facility}
    return run_daemon(
        StartRequest(
            options=request.options,
            settings=LogSettings(
                console=request.console and request.options.foreground,
                syslog=request.syslog,
                detail=request.options.log_detail,
                **facility,
            ),
            version=VERSION_STRING,
            words=tuple(words),
            without_effect=tuple(request.not_built_yet),
            load=lambda options, memory: _load(options, testing=False, all_includes=request.all_config, memory=memory),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
