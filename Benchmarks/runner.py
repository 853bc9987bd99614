#!/usr/bin/env python3
"""What the runner costs: steps, starts by schedule, idling, dying children, a long history.

    runner.py --daymill .build/release/daymill [--rounds 5] [--only steps,serve,history] [--history 1000000]

Every figure is a median of several rounds, with the least and the greatest beside it, and the bound that it is to keep.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import statistics
import subprocess
import tempfile
import time

failed = []


def tell(what, values, unit, bound, digits=2):
    median = statistics.median(values)
    verdict = "reached" if median <= bound else "NOT reached"
    if median > bound:
        failed.append(what)
    print(f"{what:<58} {median:9.{digits}f} {unit:<5} ({min(values):.{digits}f} to {max(values):.{digits}f}), "
          f"at most {bound:g}: {verdict}", flush=True)


def project():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="daymill-runner-"))
    (folder / "pipelines").mkdir()
    return folder


def run(daymill, folder, *words):
    start = time.perf_counter()
    done = subprocess.run([daymill, *words], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"daymill {' '.join(words)} failed: {done.stderr}")
    return time.perf_counter() - start, done.stdout


def steps(daymill, rounds):
    count = 1000
    work = {
        "a shell step in a chain": ("shell: ':'", True, 2.0),
        "a shell step side by side": ("shell: ':'", False, 2.0),
        "a check in a chain": ("check: date > '2000-01-01'", True, 0.3),
    }
    folder = project()
    for number, (what, chained, _) in enumerate(work.values()):
        lines = ["steps:"]
        for i in range(count):
            lines += [f"  s{i}:", f"    {what}"] + ([f"    needs: s{i - 1}"] if chained and i else [])
        (folder / f"pipelines/p{number}.yaml").write_text("\n".join(lines) + "\n")
    seconds = {name: [] for name in work}
    for _ in range(rounds):
        for number, name in enumerate(work):
            seconds[name].append(run(daymill, folder, "run", f"p{number}", "2026-11-20", "-q")[0])
    for name, (_, _, bound) in work.items():
        tell(f"{name}, {count} of them", [s / count * 1000 for s in seconds[name]], "ms", bound, 3)
    shutil.rmtree(folder)


def pss(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0


def cpu(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def served(daymill, folder):
    """A server that is ready, and how long that took."""
    start = time.perf_counter()
    server = subprocess.Popen([daymill, "serve", "--log", "json"], cwd=folder, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if json.loads(line)["event"] == "ready":
            return server, time.perf_counter() - start
    raise SystemExit("the server did not become ready")


def serve(daymill, rounds):
    folder = project()
    for i in range(500):
        (folder / f"pipelines/p{i}.yaml").write_text(
            f'schedule: "{i % 60} {i % 24} * * *"\nsteps:\n  a: {{ shell: ":" }}\n')
    ready, memory, busy = [], [], []
    for _ in range(rounds):
        server, seconds = served(daymill, folder)
        ready.append(seconds * 1000)
        time.sleep(1)
        before = cpu(server.pid)
        time.sleep(3)
        busy.append((cpu(server.pid) - before) / 3 * 100)
        memory.append(pss(server.pid))
        server.send_signal(signal.SIGTERM)
        server.wait()
    tell("serve with 500 pipelines: start to ready", ready[1:] or ready, "ms", 100, 0)
    tell("serve with 500 pipelines: memory (PSS)", memory, "MiB", 30, 1)
    tell("serve with 500 pipelines: CPU", busy, "%", 0.5, 2)
    shutil.rmtree(folder)
    starts(daymill)
    deaths(daymill, rounds)


def starts(daymill):
    """From the minute that a schedule means to the first command of the step."""
    folder = project()
    (folder / "pipelines/p.yaml").write_text(
        'schedule: "* * * * *"\nsteps:\n  a: { shell: "date +%s.%N >> started" }\n')
    server, _ = served(daymill, folder)
    minutes = 2
    deadline = time.time() + minutes * 60 + 5
    started = folder / "started"
    while time.time() < deadline and (not started.exists() or len(started.read_text().split()) < minutes):
        time.sleep(0.2)
    server.send_signal(signal.SIGTERM)
    server.wait()
    late = [float(text) % 60 * 1000 for text in started.read_text().split()]
    tell("from the scheduled minute to the step's first command", late, "ms", 20, 1)
    shutil.rmtree(folder)


def deaths(daymill, rounds):
    """From kill -9 of a run's process to the line that says so."""
    folder = project()
    (folder / "pipelines/p.yaml").write_text('steps:\n  a: { shell: "exec sleep 1000" }\n')
    server, _ = served(daymill, folder)
    late = []
    for i in range(rounds):
        id = run(daymill, folder, "queue", "p", f"2026-11-{i + 1:02}")[1].split()[0].rstrip(":")
        for line in server.stderr:
            # The run of the round before was started once more, too.
            if json.loads(line)["event"] == "started" and json.loads(line)["run"] == id:
                break
        for _ in range(1000):
            shown = json.loads(run(daymill, folder, "show", id, "--json")[1])
            if shown["state"] == "running" and shown["attempts"]:
                break
        start = time.perf_counter()
        os.kill(shown["process"], signal.SIGKILL)
        for line in server.stderr:
            if json.loads(line)["event"] == "fenced":
                late.append((time.perf_counter() - start) * 1000)
                break
        subprocess.run([daymill, "cancel", id], cwd=folder, capture_output=True)
    server.send_signal(signal.SIGTERM)
    server.wait()
    tell("a killed run is noticed, and fenced, after", late, "ms", 10, 1)
    shutil.rmtree(folder)


def history(daymill, rounds, count):
    """Questions about a history of many runs."""
    folder = project()
    (folder / "pipelines/p1.yaml").write_text('schedule: "0 7 * * *"\nsteps:\n  a: { shell: ":" }\n')
    run(daymill, folder, "run", "p1", "2026-11-20", "-q")
    database = sqlite3.connect(folder / ".daymill/state.db")
    columns = [row[1] for row in database.execute("PRAGMA table_info(runs)")]
    run_row = dict(zip(columns, database.execute("SELECT * FROM runs").fetchone()))
    attempt_columns = [row[1] for row in database.execute("PRAGMA table_info(attempts)")]
    attempt = dict(zip(attempt_columns, database.execute("SELECT * FROM attempts").fetchone()))
    base = run_row["started"]

    def many():
        for i in range(count):
            moment = base - (count - i) * 1_000_000
            stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(moment // 1_000_000))
            yield {**run_row, "id": f"{stamp}-{i % 1000:03}", "pipeline": f"p{i % 100}", "started": moment,
                   "ended": moment + 1000, "dates": time.strftime("%Y-%m-%d", time.gmtime(moment // 1_000_000))}

    def marks(names):
        return ", ".join(f":{name}" for name in names)
    with database:
        database.executemany(f"INSERT INTO runs VALUES ({marks(columns)})", many())
        database.executemany(
            f"INSERT INTO attempts VALUES ({marks(attempt_columns)})", ({**attempt, "run": row["id"]} for row in many()))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = (folder / ".daymill/state.db").stat().st_size / 1e6
    last = database.execute("SELECT dates FROM runs WHERE pipeline = 'p1' ORDER BY id DESC LIMIT 1 OFFSET 100").fetchone()[0]
    database.close()
    for words in (["runs"], ["runs", "p1"], ["why", "p1"], ["why", "p1", last], ["status"], ["show", "last"]):
        tell(f"{count} runs of history: daymill {' '.join(words)}",
             [run(daymill, folder, *words)[0] * 1000 for _ in range(rounds)], "ms", 100, 0)
    tell(f"{count} runs of history, an attempt each, on disk", [size], "MB", 500, 0)
    shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--daymill", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="steps,serve,history")
    parser.add_argument("--history", type=int, default=1_000_000)
    arguments = parser.parse_args()
    daymill = os.path.abspath(arguments.daymill)
    wanted = arguments.only.split(",")
    if "steps" in wanted:
        steps(daymill, arguments.rounds)
    if "serve" in wanted:
        serve(daymill, arguments.rounds)
    if "history" in wanted:
        history(daymill, arguments.rounds, arguments.history)
    raise SystemExit(1 if failed else 0)


main()
