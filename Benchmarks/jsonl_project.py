"""A Daymill project with generated request logs in JSON Lines."""
import json
import multiprocessing
import os
import random

from project import Project

PIPELINE = """\
about: requests, reads and bytes of every user over two days
sources:
  requests:
    files: input/{date}.jsonl
    format: jsonl
    columns:
      email: { type: text, path: user.email }
      action: text
      status: integer
      bytes: integer
steps:
  rollup:
    window: last 2 days
    rollup: |
      SELECT email, count(*) AS requests, count(*) FILTER (WHERE action = 'READ') AS reads, sum(bytes) AS bytes
      FROM requests
      WHERE status < 500
      GROUP BY email
    to: output/requests-{date}.csv
"""

LINE = (
    '{"ts":"%sT%02d:%02d:%02d","request":"%08x","user":{"id":%d,"email":"user%07d@example.com","country":"%s"},'
    '"action":"%s","path":"/api/v1/items/%d","status":%d,"ms":%.2f,"bytes":%d}\n')
COUNTRIES = ["DE", "FR", "US", "BR", "JP", "IN", "GB"]
ACTIONS = ["CREATE", "READ", "READ", "READ", "UPDATE", "DELETE"]
STATUSES = [200, 200, 200, 201, 404, 500]


class JSONLinesProject(Project):
    """Two days of requests; a line has about 200 bytes and ten values, one object in it."""

    def __init__(self, root, daymill, rows, users):
        super().__init__(root, daymill, days=2, rows=rows, users=users)

    @property
    def folder(self):
        return os.path.join(self.root, "data", f"jsonl-{self.rows}-rows-{self.users}-users")

    def files(self, date, days=None):
        return [path.removesuffix(".csv") + ".jsonl" for path in super().files(date, days)]

    def make(self):
        for name in ("pipelines", "input"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        with open(os.path.join(self.folder, "pipelines", "requests.yaml"), "w") as file:
            file.write(PIPELINE)
        done = os.path.join(self.folder, "generated.json")
        if os.path.exists(done):
            return
        jobs = [(path, number, self.rows, self.users) for number, path in enumerate(self.files(self.date))]
        with multiprocessing.Pool() as pool:
            pool.starmap(generate, jobs)
        with open(done, "w") as file:
            json.dump(jobs, file)


def generate(path, seed, rows, users):
    """The same file from the same seed."""
    print(f"  generating {path}", flush=True)
    chance = random.Random(seed).random
    day = os.path.basename(path).removesuffix(".jsonl")
    with open(path, "w") as file:
        for first in range(0, rows, 10_000):
            lines = []
            for row in range(first, min(first + 10_000, rows)):
                second, user = row * 86_400 // rows, int(chance() * users)
                lines.append(LINE % (
                    day, second // 3600, second // 60 % 60, second % 60, int(chance() * 2**32), user * 7, user,
                    COUNTRIES[int(chance() * 7)], ACTIONS[int(chance() * 6)], int(chance() * 100_000),
                    STATUSES[int(chance() * 6)], chance() * 300, int(chance() * 100_000)))
            file.write("".join(lines))
