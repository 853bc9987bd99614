#!/usr/bin/env python3
"""A server for tests that does one thing to every connection; standard library only.

    python3 tcp_peer.py close          closes it at once
    python3 tcp_peer.py reset          reads a little, then resets it
    python3 tcp_peer.py hang           says nothing, ever
    python3 tcp_peer.py say TEXT...    says these lines, one at once and one after each line that it reads; then closes

prints "listening 127.0.0.1:PORT". SIGTERM stops it.
"""
import os
import signal
import socket
import struct
import sys
import threading
import time


def serve(connection, what, lines):
    if what == "hang":
        time.sleep(3600)
    if what == "reset":
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if what == "say":
        reader = connection.makefile("rb")
        for index, line in enumerate(lines):
            if index > 0 and not reader.readline():
                break
            connection.sendall(line.encode() + b"\r\n")
        # What is unread would make the system reset the connection instead of closing it.
        connection.shutdown(socket.SHUT_WR)
        reader.read()
    connection.close()


def main():
    what, lines = sys.argv[1], sys.argv[2:]
    server = socket.create_server(("127.0.0.1", 0))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(f"listening 127.0.0.1:{server.getsockname()[1]}", flush=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection, what, lines), daemon=True).start()


if __name__ == "__main__":
    main()
