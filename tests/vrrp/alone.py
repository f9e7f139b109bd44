"""Run the vrrp worker by itself: ``python -m tests.vrrp.alone FILE`` with two pickled Configurations, SIGUSR1 goes to the second.

The parent, its parser and the other workers are not there, so that a failure is this room's.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING

from keepalived_py.log import Log, LogSettings
from keepalived_py.runtime.messages import Reconfigure
from keepalived_py.runtime.options import Options
from keepalived_py.runtime.worker import run_worker
from keepalived_py.vrrp.worker import run

if TYPE_CHECKING:
    from keepalived_py.runtime.worker import WorkerContext


def main(file: str) -> int:
    ours, theirs = Pipe()
    first, second = pickle.loads(Path(file).read_bytes())

    async def body(context: WorkerContext) -> int:
        context.loop.add_signal_handler(signal.SIGUSR1, lambda: ours.send(Reconfigure(configuration=second)))
        return await run(context)

    status = run_worker(
        name="vrrp",
        body=body,
        configuration=first,
        options=Options(log_detail=1),
        log=Log("Keepalived_vrrp", LogSettings(console=True, syslog=False, detail=1)),
        parent=theirs,
        parent_pid=os.getppid(),
        peers={},
    )
    ours.close()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
