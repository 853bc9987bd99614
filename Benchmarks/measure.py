"""Runs a command as a fresh process and measures it from outside."""
import dataclasses
import json
import os
import subprocess
import time


@dataclasses.dataclass
class Measurement:
    """What one process took. Memory is the peak of resident memory, as the kernel counted it."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    # What the engine itself took, without its loading, where it says so.
    query_seconds: float | None = None


class Failed(Exception):
    """The command ended with a code other than 0."""


def measure(command, folder, log_path):
    """Runs a command in a folder, its output going to a log, and waits for it."""
    with open(log_path, "wb") as log:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"exit code {process.returncode}: {last_line(log_path)}")
    return Measurement(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, query_seconds(log_path))


def last_line(path):
    with open(path, errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def query_seconds(log_path):
    """The figure that a peer's program prints last."""
    try:
        return float(json.loads(last_line(log_path))["query_seconds"])
    except (ValueError, KeyError, TypeError):
        return None


def floor_bytes():
    """No child can show a smaller peak than this process has, because it starts as its copy."""
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
