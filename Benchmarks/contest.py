"""Lets several programs answer the same question in turn, and checks that they agree."""
import collections
import dataclasses
import os
import statistics
from typing import Callable

import answers
import measure


@dataclasses.dataclass
class Contestant:
    """One program with its ways of answering; the warm-up finds the quickest way, and only that is measured."""

    name: str
    # The command for each way.
    commands: dict[str, list[str]]
    folder: str
    output: str
    # Done before each run, untimed.
    prepare: Callable[[], None] = lambda: None

    mode: str | None = None
    answer: str | None = None
    error: str | None = None
    rounds: list[measure.Measurement] = dataclasses.field(default_factory=list)

    def summary(self):
        """Medians and the best, or the reason why there are none."""
        if self.error or not self.rounds:
            return {"name": self.name, "error": self.error or "not measured"}
        walls = [one.wall_seconds for one in self.rounds]
        inner = [one.query_seconds for one in self.rounds if one.query_seconds is not None]
        return {
            "name": self.name,
            "mode": self.mode,
            "wall_seconds": statistics.median(walls),
            "wall_seconds_best": min(walls),
            "query_seconds": statistics.median(inner) if inner else None,
            "cpu_seconds": statistics.median(one.cpu_seconds for one in self.rounds),
            "peak_bytes": max(one.peak_bytes for one in self.rounds),
            "answer": self.answer,
            "rounds": [dataclasses.asdict(one) for one in self.rounds],
        }


class Contest:
    """A question and who answers it. All must give the same answer unless `agree` is false."""

    def __init__(self, title, contestants, rounds, logs, agree=True, key=lambda row: row[0]):
        self.title = title
        self.contestants = contestants
        self.rounds = rounds
        self.logs = logs
        self.agree = agree
        # What the rows of an answer are sorted by.
        self.key = key

    def run(self):
        """Warms up, then measures in turn, beginning with another one in each round."""
        for one in self.contestants:
            self._guarded(one, lambda one=one: self._warm_up(one))
        self._check_agreement()
        for number in range(self.rounds):
            start = number % len(self.contestants)
            for one in self.contestants[start:] + self.contestants[:start]:
                if one.error is None:
                    self._guarded(one, lambda one=one: self._measure_again(one, number))
        return [one.summary() for one in self.contestants]

    def _guarded(self, one, work):
        try:
            work()
        except (measure.Failed, answers.Wrong, OSError) as problem:
            one.error = str(problem)
            print(f"  {one.name}: {problem}", flush=True)

    def _warm_up(self, one):
        taken = {}
        for mode in one.commands:
            taken[mode] = self._once(one, mode, "warm-up").wall_seconds
        one.mode = min(taken, key=taken.get)
        # Of the last way; a round by another way with another answer fails.
        one.answer = answers.digest(one.output, self.key)
        one.raw = answers.raw_digest(one.output)

    def _measure_again(self, one, number):
        one.rounds.append(self._once(one, one.mode, f"round {number + 1}/{self.rounds}"))
        if answers.raw_digest(one.output) != one.raw:
            if answers.digest(one.output, self.key) != one.answer:
                raise answers.Wrong("the answer differs from that of the round before")

    def _once(self, one, mode, what):
        one.prepare()
        if os.path.exists(one.output):
            os.remove(one.output)
        log = os.path.join(self.logs, f"{one.name}-{mode}.log".replace(" ", "-"))
        taken = measure.measure(one.commands[mode], one.folder, log)
        way = f" ({mode})" if len(one.commands) > 1 else ""
        peak = taken.peak_bytes / 2**20
        print(f"  {what}: {one.name}{way} {taken.wall_seconds:.3f} s, {peak:.0f} MiB", flush=True)
        return taken

    def _check_agreement(self):
        if not self.agree:
            return
        given = [one.answer for one in self.contestants if one.error is None]
        if not given:
            return
        usual, count = collections.Counter(given).most_common(1)[0]
        for one in self.contestants:
            if one.error is None and one.answer != usual:
                one.error = f"its answer ({one.answer}) is not that of {count} of {len(given)} ({usual})"
                print(f"  {one.name}: {one.error}", flush=True)
