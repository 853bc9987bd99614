#!/usr/bin/env python3
"""Reads mails as Python's email library understands them, and says as JSON what is in each; standard library only.

    python3 read_mail.py FILE.eml...

prints a list with an object for each file: headers (decoded), texts by content type, and defects: what the library had
to overlook, and what is wrong about bytes and lines (8-bit octets, bare line breaks, lines over 76 or 998).
"""
import email
import email.policy
import json
import sys

POLICY = email.policy.SMTP.clone(raise_on_defect=False)


def line_defects(raw):
    lines = raw.split(b"\r\n")
    yield from (f"8-bit octet in {line!r}" for line in lines if any(byte > 126 for byte in line))
    yield from (f"control character in {line!r}" for line in lines if any(byte < 32 and byte != 9 for byte in line))
    yield from (f"{len(line)} octets: {line!r}" for line in lines if len(line) > 998)
    head = raw.split(b"\r\n\r\n", 1)[0]
    yield from (f"long header line {line!r}" for line in head.split(b"\r\n") if len(line) > 78)
    if not raw.endswith(b"\r\n"):
        yield "no line break at the end"


def defects(raw, message):
    yield from line_defects(raw)
    for part in message.walk():
        yield from (repr(defect) for defect in part.defects)
        for name, value in part.items():
            yield from (f"{name}: {defect!r}" for defect in getattr(value, "defects", ()))


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    message = email.message_from_bytes(raw, policy=POLICY)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    return {
        "headers": {name: str(value) for name, value in message.items()},
        "order": [name for name, _ in message.items()],
        "types": [part.get_content_type() for part in message.walk()],
        "texts": {part.get_content_type(): part.get_content() for part in leaves},
        "defects": list(defects(raw, message)),
    }


if __name__ == "__main__":
    json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
