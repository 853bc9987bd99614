"""What exactness costs: sums of doubles against aggregates that keep one double, or none, of the same rows. Daymill alone."""
import collections
import csv
import json
import math
import os
import random

from contest import Contestant
from project import Project
from scenarios import THREADS, Suite, target

# The column is parsed for each of them. max keeps a double for each group and writes it, as an inexact sum would.
QUERIES = {"count": "count(amount)", "max": "max(amount)", "sum": "sum(amount)"}

PIPELINE = """\
sources:
  payments: {{ files: "input/{{date}}.csv", columns: {{ customer: text, amount: double }} }}
steps:
  rollup:
    window: last day
    rollup: SELECT customer, {expression} AS amount FROM payments GROUP BY customer
    to: "output/{name}-{{date}}.csv"
"""


def scenarios(suite: Suite):
    return {
        "exact-sums": lambda: exact_sums(suite, min(suite.users, 1000)),
        "exact-sums-many": lambda: exact_sums(suite, suite.users),
    }


def exact_sums(suite, customers):
    """One day of amounts by customer. The runs are short, so there are three times as many rounds."""
    project = Payments(suite.root, suite.daymill, suite.rows, customers)
    project.make()
    contestants = [
        Contestant(
            f"daymill, {expression}", {"no-store": project.command(name, project.date, THREADS, "--no-store")},
            project.folder, project.output(name, project.date))
        for name, expression in QUERIES.items()
    ]
    results = suite._contest(f"exact sums, {customers:,} groups", contestants, agree=False, rounds=3 * suite.rounds)
    if "wall_seconds" in results[-1] and (wrong := project.wrong()):
        results[-1] = {"name": results[-1]["name"], "error": wrong}
    setting = f"{project.rows:,} rows, {customers:,} groups"
    return {"title": f"exact sums of {setting}", "setting": setting, "contestants": results, "targets": _targets(results)}


def _targets(results):
    if any("wall_seconds" not in one for one in results):
        return []
    _, plain, exact = (one["wall_seconds"] for one in results)
    what = "an exact sum of doubles against max of the same column"
    return [target(what, "at most 10 % more", f"{(exact / plain - 1) * 100:+.0f} %", exact <= 1.1 * plain)]


class Payments(Project):
    """A day of payments and refunds with three decimals."""

    def __init__(self, root, daymill, rows, customers):
        super().__init__(root, daymill, days=1, rows=rows, users=customers)

    @property
    def folder(self):
        return os.path.join(self.root, "data", f"payments-{self.rows}-rows-{self.users}-customers")

    def make(self):
        for name in ("pipelines", "input"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        for name, expression in QUERIES.items():
            with open(os.path.join(self.folder, "pipelines", f"{name}.yaml"), "w") as file:
                file.write(PIPELINE.format(name=name, expression=expression))
        done = os.path.join(self.folder, "generated.json")
        if os.path.exists(done):
            return
        self._generate(self.files(self.date)[0])
        with open(done, "w") as file:
            json.dump({"rows": self.rows, "customers": self.users}, file)

    def _generate(self, path):
        """The same file each time."""
        print(f"  generating {path}", flush=True)
        chance = random.Random(11).random
        with open(path, "w") as file:
            for first in range(0, self.rows, 10_000):
                file.write("".join(
                    f"customer{int(chance() * self.users):07d},{chance() * 2000 - 500:.3f}\n"
                    for _ in range(min(10_000, self.rows - first))))

    def wrong(self):
        """What is wrong with the sums of every hundredth customer, if Python's, which are exact too, differ."""
        amounts = collections.defaultdict(list)
        with open(self.files(self.date)[0]) as file:
            for line in file:
                customer, amount = line.split(",")
                if customer.endswith("00"):
                    amounts[customer].append(float(amount))
        with open(self.output("sum", self.date), newline="") as file:
            sums = {row["customer"]: float(row["amount"]) for row in csv.DictReader(file)}
        for customer, values in amounts.items():
            if sums.get(customer) != math.fsum(values):
                return f"the sum of {customer} is {sums.get(customer)}, not {math.fsum(values)}"
        print(f"  the sums of {len(amounts)} customers are those of math.fsum", flush=True)
        return None
