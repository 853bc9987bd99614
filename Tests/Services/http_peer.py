#!/usr/bin/env python3
"""An HTTP server for tests that answers as it is told; standard library only.

    python3 http_peer.py --record FOLDER --first 429:7,echo

prints "listening http://127.0.0.1:PORT"; with --cert and --key "listening https://localhost:PORT". Every request
becomes NNNN.json in the folder: method, path, headers, body, and the client's port as its connection. --first gives the first answers, in order; later ones are
200:
    STATUS              with the body "ok" for 2xx and "no" for others
    STATUS:WAIT         the same with a Retry-After header; an underscore stands for a space, a semicolon for a comma
    echo                404 with the request's path, headers and body as its body
    page                200 with an HTML page
    json:TEXT           200 with this body; a semicolon stands for a comma
    long:BYTES          200 with so many bytes
    data:BYTES          200 with so many bytes, each place's number modulo 251; 206 with a part that Range asks for
    to:ADDRESS          302 to there; to307:ADDRESS 307
    close               200, and the connection is closed without a word about it
    stall:BYTES         200, so many bytes of more, and nothing after them
    drop                cuts the connection when the request has been read
    hang                never answers
SIGTERM stops it.
"""
import argparse
import json
import os
import re
import signal
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class State:
    lock = threading.Lock()
    requests = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            return body if len(body) == size else None
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def take(self):
        body = self.body()
        if body is None:
            # Cut in the middle: it is no request.
            self.close_connection = True
            return
        with State.lock:
            State.requests += 1
            number = State.requests
            what, _, argument = (State.first.pop(0) if State.first else "200").partition(":")
        note = {
            "method": self.command, "path": self.path, "headers": dict(self.headers.items()),
            "body": body.decode("utf-8", "replace"), "connection": self.client_address[1],
        }
        path = os.path.join(State.record, f"{number:04}.json")
        with open(path + ".new", "w") as file:
            json.dump(note, file)
        os.rename(path + ".new", path)
        self.carry_out(what, argument, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = take

    def carry_out(self, what, argument, body):
        if what == "drop":
            self.close_connection = True
        elif what == "hang":
            time.sleep(3600)
        elif what == "echo":
            head = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
            self.answer(404, f"cannot {self.command} {self.path}\n{head}\n".encode() + body)
        elif what == "page":
            self.answer(200, b"<html>please log in</html>")
        elif what == "json":
            self.answer(200, argument.replace(";", ",").encode())
        elif what == "long":
            self.answer(200, b"x" * int(argument))
        elif what == "data":
            self.data(int(argument))
        elif what in ("to", "to307"):
            self.answer(302 if what == "to" else 307, b"", {"Location": argument})
        elif what == "close":
            self.answer(200, b"ok")
            self.close_connection = True
        elif what == "stall":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"x" * int(argument))
            time.sleep(3600)
        else:
            wait = {"Retry-After": argument.replace("_", " ").replace(";", ",")} if argument else {}
            self.answer(int(what), b"ok" if what.startswith("2") else b"no", wait)

    def data(self, size):
        content = bytes(range(251)) * (size // 251 + 1)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if not asked:
            return self.answer(200, content[:size])
        first, last = int(asked[1]), min(int(asked[2]), size - 1)
        self.answer(206, content[first:last + 1], {"Content-Range": f"bytes {first}-{last}/{size}"})

    def answer(self, status, body, headers={}):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:
            # The client has read enough.
            self.close_connection = True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--first", default="", help="the first answers, see above")
    options = parser.parse_args()
    State.record, State.first = options.record, [word for word in options.first.split(",") if word]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    start = "https://localhost" if options.cert else "http://127.0.0.1"
    print(f"listening {start}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
