"""Long windows: what it costs to move one by a day, and to make many dates at once. Daymill alone, beside copying files.

The same at any size, with each way of merging forced in turn: windows-bench; see README.md beside this file.
"""
import datetime
import glob
import os
import shutil
import subprocess
import time

import measure
from contest import Contestant
from scenarios import Suite, target

FIRST_DAY = datetime.date(2023, 1, 1)
DAYS = 365
# Rows a day, users, dates of a backfill; and a small run.
FULL = (100_000, 3_000_000, 20)
QUICK = (1_000, 20_000, 5)

PIPELINE = """\
sources:
  actions: {{ files: "input/{{date}}.csv", columns: {{ email: text, action: text, dt: timestamp }} }}
steps:
  year:
    window: last {days} days
    rollup: SELECT email, count(*) AS actions, count(*) FILTER (WHERE action = 'CREATE') AS created FROM actions GROUP BY email
    to: output/{{date}}.csv
"""


def scenarios(suite: Suite):
    return {"windows": lambda: windows(suite)}


def windows(suite):
    """A window of a year moves by a day, some times; then many dates are made in one go."""
    project = Windows(suite)
    project.make()
    roll = Contestant("a day later", {"": project.command("run", "windows", "DATE")}, project.folder, "")
    copies = []
    for number in range(1, suite.rounds + 1):
        before = project.newest_segment()
        roll.rounds.append(project.measured("run", "windows", str(project.date(number))))
        after, output = project.newest_segment(), project.output(number)
        copies.append(project.copied([(before, after), (None, output)]))
    plain = Contestant("all days merged", {"": project.command("run", "windows", "DATE")}, project.folder, "")
    project.forget()
    plain.rounds.append(project.measured("run", "windows", str(project.date(1))))
    project.forget()
    first, last = str(project.date(1)), str(project.date(project.dates))
    backfill = Contestant(f"{project.dates} dates", {"": project.command("backfill", "windows")}, project.folder, "")
    backfill.rounds.append(project.measured("backfill", "windows", "--from", first, "--to", last))
    outputs = project.copied([(None, project.output(number)) for number in range(1, project.dates + 1)])
    results = [one.summary() for one in (roll, plain, backfill)]
    copy = sorted(copies)[len(copies) // 2]
    ratio = results[0]["wall_seconds"] / copy
    many = results[2]["wall_seconds"] / (results[1]["wall_seconds"] + outputs)
    print(f"  window and output copied: {copy:.3f} s; all outputs written: {outputs:.3f} s", flush=True)
    targets = [
        target("a day later / copying the window and the output", "at most 1.5", f"{ratio:.2f}", ratio <= 1.5),
        target("many dates / (one merge of all days + writing the outputs)", "at most 3", f"{many:.2f}", many <= 3),
    ]
    setting = f"{DAYS} days x {project.rows:,} rows, {project.users:,} users; output {os.path.getsize(project.output(1)):,} bytes"
    return {"title": "a long window", "setting": setting, "contestants": results, "targets": targets}


class Windows:
    """A window of a year, and files for some days more."""

    def __init__(self, suite):
        self.suite = suite
        self.rows, self.users, self.dates = FULL if suite.rows >= 1_000_000 else QUICK
        self.folder = os.path.join(suite.root, "data", f"windows-{self.rows}-{self.users}")

    def date(self, number):
        return FIRST_DAY + datetime.timedelta(days=DAYS + number)

    def output(self, number):
        return os.path.join(self.folder, "output", f"{self.date(number)}.csv")

    def command(self, *words):
        return [self.suite.daymill, *words]

    def make(self):
        """Files and their segments, and the window before the first one that is measured."""
        days = DAYS + max(self.dates, self.suite.rounds)
        done = os.path.join(self.folder, "done")
        if not os.path.exists(done):
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(os.path.join(self.folder, "pipelines"))
            with open(os.path.join(self.folder, "pipelines", "windows.yaml"), "w") as file:
                file.write(PIPELINE.format(days=DAYS))
            sizes = [str(days), str(self.users), str(self.rows)]
            self._run("generate", "user-actions", "input", str(FIRST_DAY), *sizes, "--quiet")
            open(done, "w").close()
        # The last one first, so that every file has been read before anything is measured.
        self.forget()
        self._run("run", "windows", str(self.date(days - DAYS)), "--quiet")
        self.forget()
        self._run("run", "windows", str(self.date(0)), "--quiet")

    def _run(self, *words):
        subprocess.run(self.command(*words), cwd=self.folder, check=True)

    def newest_segment(self):
        """Files have been read already, so what is written last is a window."""
        return max(glob.glob(os.path.join(self.folder, ".daymill", "segments", "*", "*.seg")), key=os.path.getmtime)

    def forget(self):
        """Outputs and windows go; the segments of days stay."""
        shutil.rmtree(os.path.join(self.folder, "output"), ignore_errors=True)
        for path in glob.glob(os.path.join(self.folder, ".daymill", "segments", "*", "*.seg")):
            if self._is_window(path):
                os.remove(path)

    def _is_window(self, path):
        """Windows of this job are in the order of keys, which shows in the file's first bytes."""
        with open(path, "rb") as file:
            return file.read(8)[7] & 0x80 != 0

    def measured(self, *words):
        taken = measure.measure(self.command(*words), self.folder, os.path.join(self.suite.logs, "windows.log"))
        print(f"  {' '.join(words)}: {taken.wall_seconds:.3f} s", flush=True)
        return taken

    def copied(self, pairs):
        """Seconds to read some files and to write as many bytes as others have, one after another, each synced."""
        piece = bytearray(1 << 20)
        start = time.monotonic()
        for number, (old, new) in enumerate(pairs):
            if old:
                with open(old, "rb", buffering=0) as file:
                    while file.readinto(piece):
                        pass
            with open(os.path.join(self.folder, f"copy{number}"), "wb", buffering=0) as file:
                left = os.path.getsize(new)
                while left > 0:
                    left -= file.write(memoryview(piece)[:min(left, len(piece))])
                os.fsync(file.fileno())
        seconds = time.monotonic() - start
        for number in range(len(pairs)):
            os.remove(os.path.join(self.folder, f"copy{number}"))
        return seconds
