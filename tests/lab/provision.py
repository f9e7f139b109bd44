"""Make a machine able to run the project: the virtual environment, Debian packages, and a kernel to boot.

Owns everything that is fetched or installed. Uses the standard library alone (it runs before anything is installed) and
leaves the host as it was otherwise: packages are only added when missing and only by root, no daemon of theirs is
started, and the kernel is unpacked into a cache folder, never installed. It never fails because something cannot be
had: it says so, and the tests that need it say so again (and fail in CI).

    provision.py environment FOLDER    a virtual environment with pip
    provision.py demo                  what the demonstration needs
    provision.py test                  what the tests need, kernel included
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OLDEST_PYTHON = (3, 11)
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The program that shows a package is there, and the package.
DEMO_PROGRAMS: Mapping[str, str] = {"ip": "iproute2", "unshare": "util-linux", "ps": "procps"}
TEST_PROGRAMS: Mapping[str, str] = {
    **DEMO_PROGRAMS,
    "keepalived": "keepalived",
    "ipvsadm": "ipvsadm",
    "nginx": "nginx-light",
    "curl": "curl",
    "pidof": "sysvinit-utils",
    "script": "bsdutils",
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "depmod": "kmod",
    "udevadm": "udev",
    "nft": "nftables",
    "vtysh": "frr",
}
# Packages that bring a service of their own.
SERVICES: Mapping[str, str] = {
    "keepalived": "keepalived",
    "ipvsadm": "ipvsadm",
    "nginx-light": "nginx",
    "nftables": "nftables",
    "frr": "frr",
}

POLICY = Path("/usr/sbin/policy-rc.d")
SAVED_POLICY = Path("/usr/sbin/policy-rc.d.before-keepalived-py")
REFUSE_EVERY_START = (
    "#!/bin/sh\n# Temporary, by keepalived-py's test provisioning: no package may start a daemon now.\nexit 101\n"
)


def find_program(name: str) -> str | None:
    """Return the path of a program, system folders included even when the user's PATH leaves them out."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


def cache_folder() -> Path:
    """Return the folder for what is fetched once and kept: the user's cache, or the project's own without one."""
    configured = os.environ.get("XDG_CACHE_HOME")
    base = Path(configured) if configured else Path(os.path.expanduser("~")) / ".cache"
    folder = base / "keepalived-py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(__file__).resolve().parents[2] / ".cache"
        folder.mkdir(exist_ok=True)
    return folder


def cached_kernel() -> Path | None:
    """Return the unpacked kernel image (its modules lie under ../lib/modules), or None when there is none yet."""
    images = sorted(cache_folder().glob("kernel/*/boot/vmlinuz-*"))
    return images[-1] if images else None


def is_root() -> bool:
    """Tell whether packages can be installed."""
    return os.geteuid() == 0


def say(text: str) -> None:
    """Tell the operator what happens."""
    sys.stderr.write(f"provision: {text}\n")
    sys.stderr.flush()


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """Run a program with no terminal and return what it printed; raises CalledProcessError with its output."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    environment["PATH"] = f"{environment.get('PATH', '')}:{SYSTEM_PATH}"
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout


@contextlib.contextmanager
def no_daemon_starts() -> Iterator[None]:
    """Refuse every service start while packages are installed; an existing policy is put back as it was.

    A run that was killed leaves the saved policy behind: the next run puts that one back at its end.
    """
    if POLICY.exists() and not SAVED_POLICY.exists():
        POLICY.rename(SAVED_POLICY)
    POLICY.write_text(REFUSE_EVERY_START)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
        if SAVED_POLICY.exists():
            SAVED_POLICY.rename(POLICY)


def install_packages(packages: Sequence[str]) -> bool:
    """Install Debian packages; True when they are there. Services that they bring are neither started nor enabled."""
    wanted = " ".join(packages)
    if find_program("apt-get") is None:
        say(f"missing, and no apt-get here to install them with: {wanted}")
        return False
    if not is_root():
        say(f"missing: {wanted}; as root: apt-get install {wanted}")
        return False
    say(f"installing {wanted}")
    options = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    with no_daemon_starts():
        try:
            run(["apt-get", "update", "-q", "-o", "DPkg::Lock::Timeout=300"])
        except subprocess.CalledProcessError as error:
            say(f"apt-get update failed, going on with the lists at hand: {error.stdout.strip().splitlines()[-1:]}")
        try:
            run(["apt-get", "install", *options, *packages])
        except subprocess.CalledProcessError as error:
            say(f"apt-get install failed:\n{error.stdout}")
            return False
    if find_program("systemctl"):
        for service in (SERVICES[package] for package in packages if package in SERVICES):
            with contextlib.suppress(subprocess.CalledProcessError):
                run(["systemctl", "disable", service])
    return True


def install_programs(programs: Mapping[str, str]) -> bool:
    """Install what is missing of a table of programs and packages."""
    missing = sorted({package for program, package in programs.items() if find_program(program) is None})
    return install_packages(missing) if missing else True


def kernel_candidates() -> list[str]:
    """Return names of kernel packages, best first: what Debian's current one depends on, then whatever apt knows."""
    found: list[str] = []
    with contextlib.suppress(subprocess.CalledProcessError):
        found += re.findall(r"Depends: (linux-image-\d\S*-amd64)\b", run(["apt-cache", "depends", "linux-image-amd64"]))
    with contextlib.suppress(subprocess.CalledProcessError):
        listed = run(["apt-cache", "pkgnames", "linux-image-"]).split()
        plain = [name for name in listed if re.fullmatch(r"linux-image-\d[\d.+-]*(deb\d+-)?amd64", name)]
        found += sorted(plain, key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True)
    return list(dict.fromkeys(found))


def fetch_kernel() -> Path | None:
    """Fetch and unpack Debian's kernel into the cache folder; return its image, or None when it cannot be had."""
    present = cached_kernel()
    if present is not None:
        return present
    if os.uname().machine != "x86_64":
        say(f"the virtual machine is for x86_64 only, this is {os.uname().machine}")
        return None
    if find_program("apt-get") is None or find_program("depmod") is None:
        say("no kernel for the virtual machine: apt-get and depmod (package kmod) are needed to unpack it")
        return None
    if is_root() and not kernel_candidates():
        with contextlib.suppress(subprocess.CalledProcessError):
            run(["apt-get", "update", "-q"])
    store = cache_folder() / "kernel"
    store.mkdir(exist_ok=True)
    for package in kernel_candidates()[:4]:
        with tempfile.TemporaryDirectory(dir=store, prefix=".unpack-") as temporary:
            folder = Path(temporary)
            folder.chmod(0o755)
            try:
                say(f"fetching {package} (unpacked into {store}, not installed)")
                run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package], folder)
                archive = next(folder.glob("*.deb"))
                run(["dpkg", "-x", archive.name, "root"], folder)
                archive.unlink()
                release = next(folder.glob("root/lib/modules/*")).name
                run(["depmod", "-b", str(folder / "root"), release])
            except (subprocess.CalledProcessError, StopIteration, OSError) as error:
                say(f"{package}: {getattr(error, 'stdout', None) or error}".strip())
                continue
            with contextlib.suppress(OSError):  # another run may have been quicker
                (folder / "root").rename(store / release)
            return cached_kernel()
    say("no kernel package could be had: tests in the virtual machine cannot run")
    return None


def is_environment(folder: Path) -> bool:
    """Tell whether a virtual environment is there and its interpreter works, pip and TLS included."""
    try:
        run([str(folder / "bin" / "python"), "-c", "import pip, ssl"])
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def make_environment(folder: Path) -> int:
    """Make a virtual environment with pip, unless there is one that works. Returns an exit status."""
    if is_environment(folder):
        return 0
    if sys.version_info < OLDEST_PYTHON:
        say(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]} (say make PYTHON=/path/to/python3)")
        return 1
    if importlib.util.find_spec("ensurepip") is None:
        if os.environ.get("KEEPALIVED_LAB_TRIED_VENV"):
            say(f"{sys.executable} has no ensurepip even so: say make PYTHON=/usr/bin/python3")
            return 1
        os.environ["KEEPALIVED_LAB_TRIED_VENV"] = "1"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not install_packages([version]) and not install_packages(["python3-venv"]):
            say("Debian's python3 comes without venv: install the package python3-venv, then try again")
            return 1
        # The new package's files are unknown to this process.
        os.execv(sys.executable, [sys.executable, *sys.argv])
    say(f"making {folder}")
    venv.EnvBuilder(with_pip=True, symlinks=True, clear=True).create(folder)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Do what the module docstring says; exit status 1 only when no environment can be made, 2 for wrong usage."""
    if len(arguments) == 2 and arguments[0] == "environment":
        return make_environment(Path(arguments[1]))
    if arguments == ["demo"]:
        install_programs(DEMO_PROGRAMS)
        return 0
    if arguments == ["test"]:
        install_programs(TEST_PROGRAMS)
        fetch_kernel()
        return 0
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
