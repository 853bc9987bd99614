"""Compares answers: CSV files that may differ in their quoting, but in nothing else."""
import csv
import hashlib


class Wrong(Exception):
    """An answer is not what it should be."""


def digest(path, key=lambda row: row[0]):
    """A hash of the header and of all rows in their order, whatever the quoting; the rows must be sorted by `key`."""
    hasher = hashlib.sha256()
    previous, rows = None, 0
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        reader = csv.reader(file)
        header = next(reader, None)
        if header is None:
            raise Wrong(f"{path} is empty")
        hasher.update("\x1f".join(header).encode())
        for row in reader:
            # Code points compare as UTF-8 bytes do.
            here = key(row)
            if previous is not None and here <= previous:
                raise Wrong(f"{path}: row {rows + 1} is not in order, or double: {here!r} after {previous!r}")
            previous = here
            rows += 1
            hasher.update(("\x1e" + "\x1f".join(row)).encode(errors="surrogateescape"))
    return f"{rows} rows, {hasher.hexdigest()[:16]}"


def raw_digest(path):
    """A hash of the bytes, for seeing quickly that the same engine gave the same file again."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
