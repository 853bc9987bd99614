#!/usr/bin/env python3
"""Writes the orders of a day from the shop's database into a CSV file, whole or not at all; says how many as a fact.

    extract.py DATABASE DAY FILE
"""
import csv
import os
import sqlite3
import sys

database, day, path = sys.argv[1:]
if not os.path.exists(database):
    sys.exit(f"there is no database {database}")
os.makedirs(os.path.dirname(path), exist_ok=True)
connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1)
orders = connection.execute(
    "SELECT id, client, city, printf('%d.%02d', cents / 100, cents % 100) FROM orders WHERE day = ? ORDER BY id", (day,))
count = 0
with open(path + ".part", "w", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["id", "client", "city", "amount"])
    for order in orders:
        rows.writerow(order)
        count += 1
os.replace(path + ".part", path)
print(f"orders={count}")
