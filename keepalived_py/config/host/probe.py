"""The live machine's privileges, modules, packet filter, bridges, mounts and labels, as far as they can be read by who we are.

Reads files, and asks ``nft`` for the rules when we are root; changes nothing, and takes no longer than ``_PATIENCE`` seconds. What
cannot be read is not known.
"""

from __future__ import annotations

import glob
import json
import os
import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.host.system import Bridge, Manager, Mount, SystemFacts

if TYPE_CHECKING:
    from keepalived_py.config.host.system import Ruleset

_PATIENCE: Final = 2
_LARGEST: Final = 16 << 20
_UNIT: Final = "keepalived.service"
#: The last one counts.
_UNIT_FOLDERS: Final = ("/lib/systemd/system", "/usr/lib/systemd/system", "/run/systemd/system", "/etc/systemd/system")
#: include/uapi/linux/capability.h; those that keepalived needs.
_CAPABILITIES: Final = {11: "CAP_NET_BROADCAST", 12: "CAP_NET_ADMIN", 13: "CAP_NET_RAW", 16: "CAP_SYS_MODULE"}
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
_NFT: Final = ("/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft")


def live_system() -> SystemFacts:
    """Look at this machine."""
    unit = _unit()
    return SystemFacts(
        capabilities=_capabilities(),
        modules=_modules(),
        ip_vs=os.path.exists("/proc/net/ip_vs") or None,
        nftables=_nftables(),
        bridges=_bridges(),
        bridge_of=_bridge_of(),
        managers=_managers(),
        private_tmp=None
        if unit is None
        else unit.get("PrivateTmp", "no") in {"yes", "true", "on", "1", "disconnected"},
        open_files=_open_files(unit),
        mounts=_mounts(),
        selinux_enforcing=_read("/sys/fs/selinux/enforce") == "1" or None,
    )


def live_label(path: str) -> str | None:
    """Give a file's SELinux label."""
    try:
        return os.getxattr(path, "security.selinux").decode("ascii", "replace").rstrip("\0")
    except (OSError, ValueError):
        return None


def _read(path: str) -> str:
    """Give a file's text without its outer blanks; "" when it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read(_LARGEST).strip()
    except OSError:
        return ""


def _capabilities() -> frozenset[str] | None:
    """Ours, when we are root: what another user may do says nothing of the daemon."""
    if os.geteuid():
        return None
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", _read("/proc/self/status"), re.MULTILINE)
    if found is None:
        return None
    bits = int(found[1], 16)
    return frozenset(name for number, name in _CAPABILITIES.items() if bits >> number & 1)


def _modules() -> frozenset[str] | None:
    """Name what is loaded, built in, or known to modprobe; None where the running kernel's modules are not at hand."""
    folder = f"/lib/modules/{os.uname().release}"
    loadable = _read(f"{folder}/modules.dep")
    builtin = _read(f"{folder}/modules.builtin")
    if not loadable or not builtin:
        return None
    files = [line.partition(":")[0] for line in loadable.splitlines()] + builtin.splitlines()
    names = {os.path.basename(file).partition(".ko")[0].replace("-", "_") for file in files}
    names.update(line.split()[0] for line in _read("/proc/modules").splitlines())
    return frozenset(names)


def _nftables() -> Ruleset | None:
    program = next((path for path in _NFT if os.path.exists(path)), None)
    if program is None or os.geteuid():
        return None
    import subprocess  # noqa: PLC0415 - only root gets here, and only from the linter

    try:
        answer = subprocess.run(  # noqa: S603 - a fixed command, without a shell
            [program, "-j", "list", "ruleset"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
        ruleset = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return ruleset if isinstance(ruleset, dict) else None


def _bridges() -> dict[str, Bridge]:
    found = {}
    for folder in glob.glob("/sys/class/net/*/bridge"):
        snooping = _read(f"{folder}/multicast_snooping")
        if snooping:
            querier = _read(f"{folder}/multicast_querier") == "1"
            found[folder.split("/")[-2]] = Bridge(snooping=snooping == "1", querier=querier)
    return found


def _bridge_of() -> dict[str, str]:
    found = {}
    for port in glob.glob("/sys/class/net/*/brport"):
        try:
            found[port.split("/")[-2]] = os.path.basename(os.readlink(f"{port}/bridge"))
        except OSError:
            continue
    return found


def _managers() -> dict[str, Manager]:
    """Ask the run-time files of systemd-networkd and of NetworkManager, which are named by the interface's number."""
    found = {}
    for folder in glob.glob("/sys/class/net/*/ifindex"):
        name, index = folder.split("/")[-2], _read(folder)
        state = _settings(_read(f"/run/systemd/netif/links/{index}"))
        if state.get("ADMIN_STATE", "unmanaged") not in {"unmanaged", "pending", "linger"}:
            network = _settings(_read(state.get("NETWORK_FILE", "")))
            keeps = network.get("KeepConfiguration", "no") in {"yes", "static", "true", "on", "1"}
            found[name] = Manager(name="systemd-networkd", keeps_addresses=keeps)
        elif _settings(_read(f"/run/NetworkManager/devices/{index}")).get("managed") == "true":
            found[name] = Manager(name="NetworkManager")
    return found


def _settings(text: str) -> dict[str, str]:
    """Read ``KEY=VALUE`` lines, whatever their sections; the last one counts."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith(("#", ";")))
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _unit() -> dict[str, str] | None:
    """Give the settings of keepalived's systemd service with what is dropped in; None where there is no systemd or no unit."""
    if not os.path.isdir("/run/systemd/system"):
        return None
    files = [path for folder in _UNIT_FOLDERS if os.path.exists(path := f"{folder}/{_UNIT}")][-1:]
    if not files:
        return None
    for folder in _UNIT_FOLDERS:
        files += sorted(glob.glob(f"{folder}/{_UNIT}.d/*.conf"))
    settings: dict[str, str] = {}
    for file in files:
        settings.update(_settings(_read(file)))
    return settings


def _open_files(unit: dict[str, str] | None) -> int | None:
    hard = (unit or {}).get("LimitNOFILE", "").rpartition(":")[2]
    return int(hard) if hard.isascii() and hard.isdigit() else None


def _mounts() -> tuple[Mount, ...] | None:
    lines = _read("/proc/self/mountinfo").splitlines()
    mounts = []
    for line in lines:
        fields = line.split()
        if len(fields) > 5:
            path = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[4])
            mounts.append(Mount(path=path, options=frozenset(fields[5].split(","))))
    return tuple(mounts) or None
