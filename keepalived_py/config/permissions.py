"""Who may execute and who may write a program, judged by its path's modes as keepalived judges. Source: cli-and-process.md §9."""
# PTH: paths are asked about exactly as they are written in the configuration

from __future__ import annotations

import os
import stat


def walk(path: str) -> tuple[bool, bool]:
    """Whether a component has the wrong type, and whether only root can write all of them (sticky directories pass)."""
    at = 0
    while True:
        at = path.find("/", at + 1) if at else 1
        last = at <= 0 or at >= len(path)
        component = path if last else path[:at]
        try:
            status = os.lstat(component)
        except OSError:
            return False, False
        mode = status.st_mode
        directory = stat.S_ISDIR(mode)
        if (not last and not directory) or (last and not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or directory)):
            return True, False
        writable = (status.st_gid and mode & stat.S_IWGRP) or mode & stat.S_IWOTH
        if status.st_uid or (writable and not stat.S_ISLNK(mode) and not (directory and mode & stat.S_ISVTX)):
            return False, False
        if last:
            return False, True


def may_execute(status: os.stat_result, uid: int, gid: int) -> bool:
    """As keepalived judges: the owner's, else the group's, else the others' bit; root needs any of them."""
    if uid == 0:
        return bool(status.st_mode & 0o111)
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
