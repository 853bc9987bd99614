"""A Daymill project with generated logs: what one scenario computes on."""
import dataclasses
import datetime
import json
import os
import shutil
import subprocess

FIRST_DAY = datetime.date(2024, 9, 9)

PIPELINE = """\
about: CRUD actions of every user over the previous days
sources:
  actions:
    files: input/{{date}}.csv
    columns: {{ email: text, action: text, dt: timestamp }}
steps:
  counts:
    window: last {days} days
    rollup: |
      SELECT email,
             count(*) FILTER (WHERE action = 'CREATE') AS create_count,
             count(*) FILTER (WHERE action = 'READ')   AS read_count,
             count(*) FILTER (WHERE action = 'UPDATE') AS update_count,
             count(*) FILTER (WHERE action = 'DELETE') AS delete_count
      FROM actions
      GROUP BY email
    to: output/{name}-{{date}}.csv
"""


@dataclasses.dataclass
class Project:
    """Generated once and kept: the same sizes find the same folder again."""

    root: str
    daymill: str
    days: int
    rows: int
    users: int
    quoted: bool = False
    # Days after the window.
    spare_days: int = 1

    @property
    def folder(self):
        quoted = "-quoted" if self.quoted else ""
        return os.path.join(self.root, "data", f"{self.days}-days-{self.rows}-rows-{self.users}-users{quoted}")

    @property
    def date(self):
        """The date whose window is the first `days` days."""
        return FIRST_DAY + datetime.timedelta(days=self.days)

    @property
    def next_date(self):
        return self.date + datetime.timedelta(days=1)

    def files(self, date, days=None):
        """The logs of the window of a date."""
        window = [date - datetime.timedelta(days=back) for back in range(days or self.days, 0, -1)]
        return [os.path.join(self.folder, "input", f"{day}.csv") for day in window]

    def make(self):
        """Generates the logs of the window and the spare days, unless they are there, and writes the pipelines."""
        os.makedirs(os.path.join(self.folder, "pipelines"), exist_ok=True)
        for name, days in (("weekly", self.days), ("daily", 1)):
            with open(os.path.join(self.folder, "pipelines", f"{name}.yaml"), "w") as file:
                file.write(PIPELINE.format(name=name, days=days))
        done = os.path.join(self.folder, "generated.json")
        if os.path.exists(done):
            return
        sizes = [str(self.days + self.spare_days), str(self.users), str(self.rows)]
        command = [self.daymill, "generate", "user-actions", "input", str(FIRST_DAY), *sizes, "--popularity", "uniform"]
        subprocess.run(command + (["--quoted"] if self.quoted else []), cwd=self.folder, check=True)
        with open(done, "w") as file:
            json.dump(command, file)

    def command(self, pipeline, date, threads, *flags):
        return [self.daymill, "run", pipeline, str(date), "--threads", str(threads), "--quiet", *flags]

    def output(self, pipeline, date):
        return os.path.join(self.folder, "output", f"{pipeline}-{date}.csv")

    def forget(self):
        """As if nothing had ever been run here."""
        for name in (".daymill", "output"):
            shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)

    def save_state(self):
        """Keeps what is stored now, for `restore_state`."""
        shutil.rmtree(self._saved, ignore_errors=True)
        for name in (".daymill", "output"):
            shutil.copytree(os.path.join(self.folder, name), os.path.join(self._saved, name), symlinks=True)

    def restore_state(self):
        """Brings back what was stored; what that wrote is on the disk before anything is measured."""
        self.forget()
        for name in (".daymill", "output"):
            shutil.copytree(os.path.join(self._saved, name), os.path.join(self.folder, name), symlinks=True)
        os.sync()

    @property
    def _saved(self):
        return os.path.join(self.folder, "saved")
