"""What is measured, and what is to be reached."""
import importlib.util
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import machine
from contest import Contest, Contestant
from jsonl_project import JSONLinesProject
from project import Project

THREADS = 2
OURS = "daymill"

# The ways of each peer that came out best in trials; the warm-up picks the quickest on this machine.
PEERS = {
    "chdb": ["one-file-per-thread", "parallel-parsing"],
    "duckdb": ["default"],
    "polars": ["streaming-enum", "streaming", "in-memory"],
}

# The same for JSON Lines.
JSONL_PEERS = {
    "chdb": ["one-file-per-thread", "parallel-parsing"],
    "duckdb": ["default"],
    "polars": ["streaming", "in-memory"],
}


class Suite:
    """The scenarios at given sizes. Each returns a dictionary for the report."""

    def __init__(self, daymill, root, days, rows, users, rounds):
        self.daymill = daymill
        self.root = root
        self.days = days
        self.rows = rows
        self.users = users
        self.rounds = rounds
        self.logs = os.path.join(root, "logs")
        os.makedirs(self.logs, exist_ok=True)
        self.peers = [name for name in PEERS if importlib.util.find_spec(name)]
        for name in PEERS.keys() - set(self.peers):
            print(f"{name} is not installed here and is left out")

    def scenarios(self):
        """In an order that uses the same files one after the other."""
        return {
            "base": lambda: self.full(self.users, "full computation", speed=4),
            "next-day": self.next_day,
            "rows-x7": self.more_rows,
            "quoted": lambda: self.full(self.users, "full computation, every field quoted", speed=3, quoted=True),
            "many-users": lambda: self.full(self.users * 5, "full computation, five times the users", speed=3),
            "few-users": lambda: self.full(min(self.users, 1000), "full computation, few users", speed=3),
            "jsonl": self.json_lines,
            "startup": self.startup,
        }

    # Full computation ------------------------------------------------------------------------------------------

    def full(self, users, title, speed, quoted=False):
        """Nothing stored before or after: everybody reads all files of the window."""
        project = self._project(users, quoted)
        ours = Contestant(
            OURS, {"no-store": project.command("weekly", project.date, THREADS, "--no-store")}, project.folder,
            project.output("weekly", project.date), prepare=project.forget)
        peers = self._peers(project, project.date)
        results = self._contest(title, [ours, *peers])
        return self._scenario(title, project, results, _full_targets(results, speed))

    def json_lines(self):
        """A rollup over JSON Lines: a count, a count under a filter and a sum, by a nested text, of half the rows a day."""
        project = JSONLinesProject(self.root, self.daymill, self.rows // 2, max(1, self.users // 10))
        project.make()
        ours = Contestant(
            OURS, {"no-store": project.command("requests", project.date, THREADS, "--no-store")}, project.folder,
            project.output("requests", project.date), prepare=project.forget)
        peers = [
            self._peer(name, project, project.date, "jsonl.py", JSONL_PEERS[name], ["--engine", name])
            for name in self.peers
        ]
        results = self._contest("JSON Lines", [ours, *peers])
        return self._scenario(
            "JSON Lines", project, results, speed_target(results, "faster than the fastest peer", 2))

    # The next date ---------------------------------------------------------------------------------------------

    def next_day(self):
        """One new day after a run that stored its parts, against everything again."""
        project = self._project(self.users)
        date = project.next_date
        first = Contestant(
            "daymill, first run", {"store": project.command("weekly", project.date, THREADS)}, project.folder,
            project.output("weekly", project.date), prepare=project.forget)
        first_results = self._contest("first run, storing", [first], agree=False, rounds=min(2, self.rounds))
        if first.error:
            return self._scenario("the next date", project, first_results, [])
        project.save_state()
        ours = Contestant(
            OURS, {"store": project.command("weekly", date, THREADS)}, project.folder, project.output("weekly", date),
            prepare=project.restore_state)
        results = self._contest("the next date", [ours, *self._peers(project, date)])
        project.forget()
        return self._scenario("the next date: one new day", project, results + first_results, _next_day_targets(results))

    # Memory ----------------------------------------------------------------------------------------------------

    def more_rows(self):
        """The same users with so many times the rows."""
        project = self._project(self.users)
        one = self._ours_alone(project, "daily", "1 day")
        all_days = self._ours_alone(project, "weekly", f"{self.days} days")
        title = f"the same users, {self.days} times the rows"
        results = self._contest(title, [one, all_days], agree=False)
        return self._scenario(title, project, results, _more_rows_targets(results))

    def _ours_alone(self, project, pipeline, what):
        return Contestant(
            f"daymill, {what}", {"no-store": project.command(pipeline, project.date, THREADS, "--no-store")},
            project.folder, project.output(pipeline, project.date), prepare=project.forget)

    # Start -----------------------------------------------------------------------------------------------------

    def startup(self):
        """How soon the program does something useful, and how much of it there is."""
        project = Project(self.root, self.daymill, days=1, rows=10, users=3)
        project.make()
        command = project.command("weekly", project.date, THREADS, "--no-store")
        facts = {
            "version_seconds": _median_wall([self.daymill, "--version"], project),
            "tiny_run_seconds": _median_wall(command, project),
            "first_read_seconds": _first_read_seconds(command, project),
            "program_bytes": os.stat(self.daymill).st_size,
            "library_bytes": machine.libraries(self.daymill),
        }
        # A whole run of ten rows is longer than the way to the first byte; strace itself costs more than either.
        first_read = min(x for x in (facts["first_read_seconds"], facts["tiny_run_seconds"]) if x)
        reached = target("process start to first byte read", "under 30 ms", f"{first_read * 1000:.1f} ms", first_read < 0.030)
        return {"title": "start", "facts": facts, "contestants": [], "targets": [reached]}

    # Shared ----------------------------------------------------------------------------------------------------

    def _project(self, users, quoted=False):
        project = Project(self.root, self.daymill, self.days, self.rows, users, quoted)
        project.make()
        return project

    def _contest(self, title, contestants, agree=True, rounds=None):
        print(f"\n{title}", flush=True)
        return Contest(title, contestants, rounds or self.rounds, self.logs, agree).run()

    def _peers(self, project, date):
        return [self._peer(name, project, date, f"{name}_peer.py", PEERS[name]) for name in self.peers]

    def _peer(self, name, project, date, program, modes, flags=()):
        output = os.path.join(project.folder, f"{name}.csv")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", program)
        commands = {
            mode: [sys.executable, script, *flags, "--output", output, "--mode", mode, "--threads", str(THREADS)]
            + project.files(date)
            for mode in modes
        }
        return Contestant(name, commands, project.folder, output)

    def _scenario(self, title, project, results, targets):
        setting = f"{project.days} days x {project.rows:,} rows, {project.users:,} users"
        return {"title": title, "setting": setting, "contestants": results, "targets": targets}


# Targets ---------------------------------------------------------------------------------------------------------


def target(what, wanted, measured, reached):
    return {"what": what, "wanted": wanted, "measured": measured, "reached": bool(reached)}


def _ours_and_peers(results):
    """Ours, or nothing, and those peers that have figures."""
    measured = [one for one in results if "wall_seconds" in one]
    ours = next((one for one in measured if one["name"] == OURS), None)
    return ours, [one for one in measured if one["name"] in PEERS]


def speed_target(results, what, wanted):
    ours, peers = _ours_and_peers(results)
    if not ours or not peers:
        return []
    fastest = min(peers, key=lambda one: one["wall_seconds"])
    ratio = fastest["wall_seconds"] / ours["wall_seconds"]
    return [target(f"{what} ({fastest['name']})", f"at least {wanted}x", f"{ratio:.1f}x", ratio >= wanted)]


def _full_targets(results, speed):
    ours, peers = _ours_and_peers(results)
    if not ours or not peers:
        return []
    leanest = min(peers, key=lambda one: one["peak_bytes"])
    share = ours["peak_bytes"] / leanest["peak_bytes"]
    memory = target(
        f"peak memory against the leanest peer ({leanest['name']})", "at most 0.25", f"{share:.2f}", share <= 0.25)
    return speed_target(results, "faster than the fastest peer", speed) + [memory]


def _next_day_targets(results):
    return speed_target(results, "faster than the fastest peer's full computation", 20)


def _more_rows_targets(results):
    if any("peak_bytes" not in one for one in results):
        return []
    one_day, all_days = (one["peak_bytes"] for one in results)
    # Two runs of the very same thing differ by a per cent or two.
    growth = all_days / one_day
    return [target("peak memory with the rows of all days against one day's", "no more", f"{growth:.2f}x", growth <= 1.03)]


# Start -----------------------------------------------------------------------------------------------------------


def _median_wall(command, project, times=21):
    taken = []
    for _ in range(times):
        project.forget()
        start = time.monotonic()
        subprocess.run(command, cwd=project.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.monotonic() - start)
    return statistics.median(taken)


def _first_read_seconds(command, project, times=7):
    """From the program's start to its first read of a log, as strace sees it; strace itself makes it somewhat longer."""
    if not shutil.which("strace"):
        print("strace is not installed; the first read is not timed")
        return None
    taken = []
    for _ in range(times):
        project.forget()
        with tempfile.NamedTemporaryFile("r") as trace:
            calls = "trace=execve,openat,read,pread64,readv,preadv"
            strace = ["strace", "-f", "-ttt", "-e", calls, "-o", trace.name]
            subprocess.run(strace + command, cwd=project.folder, check=True, stdout=subprocess.DEVNULL)
            seconds = _first_read_in_trace(trace.read(), os.path.join("input", ""))
        if seconds is not None:
            taken.append(seconds)
    return statistics.median(taken) if taken else None


def _first_read_in_trace(trace, path_part):
    """Seconds between the first line and the first read from a file whose path holds `path_part`."""
    start, descriptors, opening = None, set(), set()
    for line in trace.splitlines():
        match = re.match(r"(\d+)\s+(\d+\.\d+) (.*)", line)
        if not match:
            continue
        thread, now, call = match[1], float(match[2]), match[3]
        start = start or now
        opened = re.match(r'openat\([^"]*"([^"]*)"', call)
        if opened and path_part in opened[1]:
            opening.add(thread)
        # Another thread's call may come between the two halves of this one.
        result = re.match(r"(?:<\.\.\. )?openat.*= (\d+)$", call)
        if result and thread in opening:
            opening.remove(thread)
            descriptors.add(result[1])
        read = re.match(r"(?:read|pread64|readv|preadv)\((\d+),", call)
        if read and read[1] in descriptors:
            return now - start
    return None
