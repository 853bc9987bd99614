"""Daymill against chdb, DuckDB and Polars on the same files. See README.md beside this file; run it by `make bench`."""
import argparse
import os
import sys

import ads
import exact
import late
import machine
import measure
import report
import windows
from scenarios import Suite

# A small run that shows that everything works; its figures say little.
QUICK = {"rows": 100_000, "users": 10_000, "rounds": 2}
FULL = {"rows": 10_000_000, "users": 1_000_000, "rounds": 5}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daymill", required=True, help="the program, built for release")
    parser.add_argument("--folder", default=".bench", help="where data and results go (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a small run")
    parser.add_argument("--days", type=int, default=7, help="days in the window (%(default)s)")
    parser.add_argument("--rows", type=int, help="rows a day (10000000)")
    parser.add_argument("--users", type=int, help="different users (1000000)")
    parser.add_argument("--rounds", type=int, help="measured rounds (5)")
    parser.add_argument("--only", help="some scenarios, separated by commas")
    arguments = parser.parse_args()
    for name, value in (QUICK if arguments.quick else FULL).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    return arguments


def main():
    arguments = parse_arguments()
    daymill, folder = os.path.realpath(arguments.daymill), os.path.realpath(arguments.folder)
    suite = Suite(daymill, folder, arguments.days, arguments.rows, arguments.users, arguments.rounds)
    scenarios = suite.scenarios() | ads.scenarios(suite) | late.scenarios(suite) | exact.scenarios(suite)
    scenarios |= windows.scenarios(suite)
    chosen = arguments.only.split(",") if arguments.only else list(scenarios)
    unknown = [name for name in chosen if name not in scenarios]
    if unknown:
        sys.exit(f"bench: no scenario '{unknown[0]}'; there are: {', '.join(scenarios)}")
    facts = machine.facts(daymill) | {"rounds": arguments.rounds, "memory_floor_bytes": measure.floor_bytes()}
    results = {"machine": facts, "scenarios": {name: scenarios[name]() for name in chosen}}
    text, path = report.save(results, os.path.join(folder, "results"))
    print(f"\n{text}\n\nsaved: {os.path.relpath(path)} and .json")
    failed = [
        f"{name}: {one['name']}: {one['error']}"
        for name, scenario in results["scenarios"].items()
        for one in scenario["contestants"]
        if "error" in one
    ]
    if failed:
        sys.exit("bench: not everything could be measured\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
