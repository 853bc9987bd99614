"""Ad impressions of a day: duplicates removed, then counted by campaign and hour."""
import os
import shutil
import subprocess
import sys

from contest import Contest, Contestant
from scenarios import OURS, THREADS, Suite, speed_target

DATE = "2024-09-15"
FOLDER = DATE.replace("-", "/")
OUTPUT = f"results/{FOLDER}/daily_agg_{DATE.replace('-', '')}.csv"
# Of 10 million rows 6.2 million differ.
DISTINCT = 0.62
FILES = 4

PIPELINE = """\
sources:
  impressions:
    files: "impressions/{date:yyyy/MM/dd}/*.csv"
    columns: { impression_id: text, impression_datetime: timestamp, campaign_id: integer, country: text, device: text }
    distinct_on: [impression_id, impression_datetime]
steps:
  hours:
    window: this day
    rollup: |
      SELECT campaign_id, extract(hour FROM impression_datetime) AS hour, count(*) AS impressions
      FROM impressions GROUP BY 1, 2
    to: "results/{date:yyyy/MM/dd}/daily_agg_{date:yyyyMMdd}.csv"
"""

# Each engine's own ways of removing duplicates; the warm-up picks the quickest on this machine.
PEERS = {
    "chdb": ["any", "any-text", "limit-by"],
    "duckdb": ["any-value", "any-value-text", "distinct-on"],
    "polars": ["streaming", "in-memory"],
}


def scenarios(suite: Suite):
    return {"ads": lambda: ads(suite)}


def ads(suite):
    """Nothing kept, as the peers do; then a first run that stores, and a run after one of the files has changed."""
    project = AdsProject(suite)
    project.make()
    ours = Contestant(
        OURS, {"no-store": project.command("--no-store")}, project.folder, project.output, prepare=project.forget)
    results = _contest(suite, "impressions", [ours, *project.peers()])
    first = Contestant(
        "daymill, first run", {"store": project.command()}, project.folder, project.output, prepare=project.forget)
    stored = _contest(suite, "impressions, first run, storing", [first], agree=False, rounds=min(2, suite.rounds))
    if not first.error:
        project.save_state()
        again = Contestant(
            "daymill, one file changed", {"store": project.command()}, project.folder, project.output,
            prepare=project.change_file)
        stored += _contest(suite, "impressions, one file changed", [again], agree=False, rounds=min(2, suite.rounds))
    project.mend_file()
    project.forget()
    size = sum(os.stat(path).st_size for path in project.files)
    setting = f"{suite.rows:,} rows in {FILES} files, {project.distinct:,} distinct, {size / 1e6:.0f} MB"
    targets = speed_target(results, "faster than the fastest peer", 3)
    return {"title": "ad impressions of a day", "setting": setting, "contestants": results + stored, "targets": targets}


def _contest(suite, title, contestants, agree=True, rounds=None):
    print(f"\n{title}", flush=True)
    return Contest(title, contestants, rounds or suite.rounds, suite.logs, agree, key=_campaign_and_hour).run()


def _campaign_and_hour(row):
    return int(row[0]), int(row[1])


class AdsProject:
    """Generated once and kept: the same sizes find the same folder again."""

    def __init__(self, suite):
        self.suite = suite
        self.distinct = max(1, int(suite.rows * DISTINCT))
        self.folder = os.path.join(suite.root, "data", f"ads-{suite.rows}-rows")
        self.files = [os.path.join(self.folder, "impressions", FOLDER, f"impressions-{i + 1}.csv") for i in range(FILES)]
        self.output = os.path.join(self.folder, OUTPUT)

    def make(self):
        os.makedirs(os.path.join(self.folder, "pipelines"), exist_ok=True)
        with open(os.path.join(self.folder, "pipelines", "ads.yaml"), "w") as file:
            file.write(PIPELINE)
        sizes = [str(self.suite.rows), str(self.distinct), "--files", str(FILES)]
        command = [self.suite.daymill, "generate", "ad-impressions", "impressions", DATE, *sizes]
        if not all(os.path.exists(path) for path in self.files):
            subprocess.run(command, cwd=self.folder, check=True)
        self.mend_file()

    def command(self, *flags):
        return [self.suite.daymill, "run", "ads", DATE, "--threads", str(THREADS), "--quiet", *flags]

    def peers(self):
        return [self._peer(name) for name in self.suite.peers]

    def _peer(self, name):
        output = os.path.join(self.folder, f"{name}.csv")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", f"ads_{name}.py")
        fixed = [sys.executable, script, "--output", output, "--threads", str(THREADS)]
        commands = {mode: [*fixed, "--mode", mode, *self.files] for mode in PEERS[name]}
        return Contestant(name, commands, self.folder, output)

    def forget(self):
        """As if nothing had ever been run here."""
        for name in (".daymill", "results"):
            shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)

    def save_state(self):
        """Keeps what is stored now, for `change_file`."""
        shutil.rmtree(self._saved, ignore_errors=True)
        for name in (".daymill", "results"):
            shutil.copytree(os.path.join(self.folder, name), os.path.join(self._saved, name), symlinks=True)

    def change_file(self):
        """Puts the store back as it was after the first run, and delivers the last file anew, one row shorter."""
        self.forget()
        for name in (".daymill", "results"):
            shutil.copytree(os.path.join(self._saved, name), os.path.join(self.folder, name), symlinks=True)
        self.mend_file()
        self._take_last_row(self.files[-1], self._row)
        os.sync()

    def mend_file(self):
        """Gives the last file its last row back."""
        if os.path.exists(self._row):
            with open(self._row, "rb") as kept, open(self.files[-1], "ab") as file:
                file.write(kept.read())
            os.remove(self._row)

    @staticmethod
    def _take_last_row(path, spare):
        with open(path, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 200))
            row = file.read().splitlines(keepends=True)[-1]
            file.truncate(size - len(row))
        with open(spare, "wb") as kept:
            kept.write(row)

    @property
    def _row(self):
        return os.path.join(self.folder, "last-row")

    @property
    def _saved(self):
        return os.path.join(self.folder, "saved")
