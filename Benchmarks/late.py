"""Late data: how soon it is known what a late row makes stale, and how soon that is right again. Daymill alone."""
import datetime
import glob
import os
import shutil
import subprocess

import measure
from contest import Contestant
from scenarios import THREADS, Suite, target

FIRST_DAY = datetime.date(2023, 9, 16)
DAYS = 366
DAYS_BACK = 200
ROWS_A_DAY = 1000
USERS = 500

# A result over the whole year, and one of each week: the late row makes the first stale, and seven of the others.
YEAR = """\
sources:
  actions: {{ files: "input/{{date}}.csv", columns: {{ email: text, action: text, dt: timestamp }} }}
steps:
  {name}: {{ window: {window}, to: "output/{name}-{{date}}.csv", rollup: "{query}" }}
"""
QUERY = "SELECT email, count(*) AS actions, max(dt) AS last_seen FROM actions GROUP BY email"

# Many outputs of many days, each of a few rows.
MANY_STEPS, MANY_DAYS = 35, 2000


def scenarios(suite: Suite):
    return {"late": lambda: late(suite), "many-outputs": lambda: many_outputs(suite)}


def late(suite):
    """A year of small days; one row comes into a day 200 days back, then the same file again, unchanged."""
    project = Late(suite)
    project.make()
    status, repair = project.command("status"), project.command("repair")
    found = Contestant("status, one late row", {"": status}, project.folder, "")
    mended = Contestant("repair, one late row", {"": repair}, project.folder, "")
    same = Contestant("repair, the same file again", {"": repair}, project.folder, "")
    stale = same_outputs = None
    for number in range(suite.rounds):
        project.add_row(number)
        found.rounds.append(project.measured(status))
        before = project.outputs()
        mended.rounds.append(project.measured(repair))
        stale = _changed(before, project.outputs())
        project.deliver_again()
        before = project.outputs()
        same.rounds.append(project.measured(repair))
        same_outputs = before == project.outputs()
    results = [one.summary() for one in (found, mended, same)]
    walls = [one["wall_seconds"] for one in results]
    targets = [
        target("exact list of stale outputs", "under 1 s", f"{walls[0] * 1000:.0f} ms", walls[0] < 1),
        target("all stale outputs right again", "under 1 s", f"{walls[1] * 1000:.0f} ms", walls[1] < 1),
        target("outputs made anew", "8: the year's and seven weeks'", str(stale), stale == 8),
        target("outputs made anew by an identical re-delivery", "none", "none" if same_outputs else "some", same_outputs),
    ]
    setting = f"{DAYS} days x {ROWS_A_DAY:,} rows, one row {DAYS_BACK} days back, {len(project.outputs())} outputs"
    return {"title": "a late row", "setting": setting, "contestants": results, "targets": targets}


def _changed(before, after):
    return sum(before.get(path) != stamp for path, stamp in after.items())


class Late:
    """A year of days, the outputs of all weeks in it, and one of the year."""

    def __init__(self, suite):
        self.suite = suite
        self.folder = os.path.join(suite.root, "data", "late")
        self.last = FIRST_DAY + datetime.timedelta(days=DAYS)
        self.path = os.path.join(self.folder, "input", f"{self.last - datetime.timedelta(days=DAYS_BACK)}.csv")

    def make(self):
        """Anew each time: rounds leave rows behind."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "pipelines"))
        for name, window in (("year", "last 365 days"), ("week", "last 7 days")):
            with open(os.path.join(self.folder, "pipelines", f"{name}.yaml"), "w") as file:
                file.write(YEAR.format(name=name, window=window, query=QUERY))
        sizes = [str(DAYS), str(USERS), str(ROWS_A_DAY)]
        self._run("generate", "user-actions", "input", str(FIRST_DAY), *sizes, "--quiet")
        first_week = FIRST_DAY + datetime.timedelta(days=7)
        self._run("backfill", "week", "--from", str(first_week), "--to", str(self.last), "--quiet")
        self._run("run", "year", str(self.last), "--quiet")
        print(f"\na late row: {len(self.outputs())} outputs of {DAYS} days made", flush=True)

    def command(self, *words):
        return [self.suite.daymill, *words]

    def _run(self, *words):
        subprocess.run(self.command(*words), cwd=self.folder, check=True)

    def add_row(self, number):
        with open(self.path, "a") as file:
            file.write(f"late{number}@example.com,READ,2024-02-29 12:00:00\n")

    def deliver_again(self):
        """The same bytes in another file with another time."""
        with open(self.path, "rb") as file:
            content = file.read()
        os.remove(self.path)
        with open(self.path, "wb") as file:
            file.write(content)

    def outputs(self):
        """What would differ had an output been written anew."""
        stamps = {path: os.stat(path) for path in glob.glob(os.path.join(self.folder, "output", "*.csv"))}
        return {path: (stamp.st_ino, stamp.st_mtime_ns) for path, stamp in stamps.items()}

    def measured(self, command):
        taken = measure.measure(command, self.folder, os.path.join(self.suite.logs, "late.log"))
        print(f"  {' '.join(command[1:])}: {taken.wall_seconds:.3f} s", flush=True)
        return taken


def many_outputs(suite):
    """`status` over 35 outputs a day of 2 000 days."""
    days = MANY_DAYS if suite.rows >= 1_000_000 else 50
    folder = os.path.join(suite.root, "data", f"outputs-{MANY_STEPS}-{days}")
    _make_many(suite, folder, days)
    one = Contestant("status", {"": [suite.daymill, "status"]}, folder, "")
    for _ in range(suite.rounds):
        one.rounds.append(measure.measure(one.commands[""], folder, os.path.join(suite.logs, "many-outputs.log")))
    result = one.summary()
    wall = result["wall_seconds"]
    print(f"\nstatus of {MANY_STEPS} x {days} outputs: {wall:.3f} s", flush=True)
    return {
        "title": "the state of many outputs", "setting": f"{MANY_STEPS} outputs a day, {days} days",
        "contestants": [result],
        "targets": [target(f"status of {MANY_STEPS} x {days} outputs", "well under 1 s", f"{wall * 1000:.0f} ms", wall < 0.7)],
    }


def _make_many(suite, folder, days):
    done = os.path.join(folder, "done")
    if os.path.exists(done):
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "pipelines"))
    with open(os.path.join(folder, "pipelines", "many.yaml"), "w") as file:
        file.write('sources:\n  actions: { files: "input/{date}.csv", columns: { email: text, action: text, dt: timestamp } }\n')
        file.write("steps:\n")
        for step in range(MANY_STEPS):
            file.write(
                f"  s{step}: {{ window: this day, to: \"output/s{step}/{{date}}.csv\", "
                f"rollup: \"SELECT action, count(*) + {step} AS n FROM actions GROUP BY action\" }}\n")
    last = FIRST_DAY + datetime.timedelta(days=days - 1)
    for words in (
        ["generate", "user-actions", "input", str(FIRST_DAY), str(days), "5", "10", "--quiet"],
        ["backfill", "many", "--from", str(FIRST_DAY), "--to", str(last), "--quiet"],
    ):
        subprocess.run([suite.daymill, *words], cwd=folder, check=True)
    open(done, "w").close()
