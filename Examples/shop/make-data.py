#!/usr/bin/env python3
"""Makes a small shop for some days: a database of orders, and a file of deliveries a day.

    make-data.py FIRST_DAY DAYS
"""
import csv
import datetime
import pathlib
import random
import sqlite3
import sys

first, days = datetime.date.fromisoformat(sys.argv[1]), int(sys.argv[2])
chance = random.Random(7)
database = sqlite3.connect("shop.db")
database.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, day TEXT, client TEXT, city TEXT, cents INTEGER)")
pathlib.Path("deliveries").mkdir(exist_ok=True)
number = 0
for day in (first + datetime.timedelta(days=i) for i in range(days)):
    with open(f"deliveries/{day}.csv", "w", newline="") as file:
        rows = csv.writer(file)
        for _ in range(200):
            number += 1
            city = chance.choice(["Berlin", "Hamburg", "München", "Köln"])
            database.execute(
                "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?)",
                (number, str(day), f"client {chance.randrange(50)}", city, chance.randrange(500, 50_000)))
            courier = chance.choice(["Ada", "Ben", "Cem"])
            # On even days Ben is late.
            slow = 50 if courier == "Ben" and day.day % 2 == 0 else 0
            rows.writerow([number, courier, chance.randrange(10, 60) + slow])
database.commit()
print(f"{number} orders of {days} days")
