"""The scripts at the two ends of the daemon's life: ``startup_script`` and ``shutdown_script``.

Owns running one to its end and what the log says of it; that the workers wait for the one and precede the other is the
supervisor's. A failure is only logged. Source: reference/cli-and-process.md §5, §8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.log import Level

if TYPE_CHECKING:
    from keepalived_py.config.ast import Command
    from keepalived_py.log import Log
    from keepalived_py.notify.script import ScriptRunner

_SECOND = 1_000_000


async def run_boundary_script(scripts: ScriptRunner, log: Log, *, kind: str, command: Command, seconds: int) -> None:
    """Run the ``kind`` ("startup", "shutdown") script, for so many ``seconds`` at most."""
    log.detail(f"Running {kind} script {command.argv[0]}")
    result = await scripts.run(command, seconds * _SECOND)
    # The reference's lines say "script" twice.
    if result.succeeded:
        log.detail(f"{kind} script script succeeded")
    elif result.timed_out:
        log(Level.INFO, f"{kind} script timed out after {seconds} seconds")
    elif result.exit_status is not None:
        log(Level.INFO, f"{kind} script script failed, status {result.exit_status}")
    elif result.signal is not None:
        log(Level.INFO, f"{kind} script script was ended by signal {result.signal}")
    else:
        log(Level.INFO, f"Call of {kind} script {command.argv[0]} failed")
