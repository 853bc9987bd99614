"""One day larger than memory: Daymill alone, under a bound, its answer counted independently. Run by `make bench-large`.

Not part of `make bench`, since it takes 15 GB of logs and some minutes.
"""
import argparse
import os
import sys
import threading
import time

import machine
import measure
from project import Project

MIB = 1 << 20


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daymill", required=True, help="the program, built for release")
    parser.add_argument("--folder", default=".bench", help="where the data goes (%(default)s)")
    parser.add_argument("--rows", type=int, default=300_000_000, help="rows of the day (%(default)s)")
    parser.add_argument("--users", type=int, default=20_000_000, help="different users (%(default)s)")
    parser.add_argument("--memory", type=int, default=512, help="MiB for the run (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="(%(default)s)")
    return parser.parse_args()


class Watch:
    """The most bytes of temporary files below some folders while something runs."""

    def __init__(self, *folders):
        self.folders = folders
        self.most = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def look(self):
        while not self.stop.wait(0.2):
            self.most = max(self.most, sum(temporary_bytes(folder) for folder in self.folders))


def temporary_bytes(folder):
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".tmp"):
                try:
                    total += os.stat(os.path.join(where, name)).st_size
                except FileNotFoundError:
                    pass
    return total


def input_rows(path):
    """Newlines, counted here."""
    rows = 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(16 * MIB):
            rows += block.count(b"\n")
    return rows


def output_facts(path):
    """Groups, the sum of all counts, and whether the keys ascend."""
    groups = total = 0
    ascends, previous = True, b""
    with open(path, "rb") as file:
        next(file)
        for line in file:
            key, *counts = line.rstrip(b"\n").split(b",")
            ascends &= key > previous
            previous = key
            groups += 1
            total += sum(map(int, counts))
    return groups, total, ascends


def main():
    arguments = parse_arguments()
    project = Project(
        os.path.realpath(arguments.folder), os.path.realpath(arguments.daymill), 1, arguments.rows, arguments.users,
        spare_days=0)
    project.make()
    rows = input_rows(project.files(project.date, 1)[0])
    print(f"{rows:,} rows, {arguments.users:,} users; {machine.facts(project.daymill).get('cpu', '')}", flush=True)
    wrong = []
    for way in (["--no-store"], []):
        project.forget()
        command = project.command(
            "weekly", project.date, arguments.threads, "--memory", f"{arguments.memory}MiB", *way)
        log = os.path.join(project.folder, "large.log")
        with Watch(project.folder) as watch:
            one = measure.measure(command, project.folder, log)
        groups, total, ascends = output_facts(project.output("weekly", project.date))
        print(
            f"{'without' if way else 'with'} a store: {one.wall_seconds:.1f} s, peak {one.peak_bytes / MIB:.0f} MiB,"
            f" temporary files up to {watch.most / MIB:,.0f} MiB, {groups:,} groups, sum of counts {total:,}", flush=True)
        if (groups, total, ascends) != (arguments.users, rows, True):
            wrong.append("the output is wrong")
        if one.peak_bytes > arguments.memory * MIB:
            wrong.append("the run took more memory than it was given")
        if temporary_bytes(project.folder):
            wrong.append("temporary files were left")
    project.forget()
    if wrong:
        sys.exit("bench: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
