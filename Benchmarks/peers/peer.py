"""What the peers' programs share: arguments, and the time that the question itself took.

    python peers/duckdb_peer.py --output out.csv --mode default --threads 2 2024-09-09.csv 2024-09-10.csv ...
"""
import argparse
import json
import time

# Each action, and the column that counts it.
COUNTS = [
    ("CREATE", "create_count"),
    ("READ", "read_count"),
    ("UPDATE", "update_count"),
    ("DELETE", "delete_count"),
]


def main(compute):
    """Carries out `compute(job)()`; the outer call loads the engine, the inner one answers the question."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", required=True)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("files", nargs="+")
    run = compute(parser.parse_args())
    start = time.monotonic()
    run()
    print(json.dumps({"query_seconds": time.monotonic() - start}))
