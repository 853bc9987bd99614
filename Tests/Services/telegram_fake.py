#!/usr/bin/env python3
"""A strict stand-in for the Telegram Bot API, for tests of programs that send messages; standard library only.

    python3 telegram_fake.py --record FOLDER --token 123456:TEST --chat 42 --chat @news --first 429:2,500

prints "listening http://127.0.0.1:PORT"; the client's base address is that. Knows getMe and sendMessage with plain text
or HTML. Every request becomes NNNN.json in the folder: method, fields, fields it does not know, the text without
markup, the answer; the token is not recorded. --first gives the first answers, in order: 429:SECONDS, 500, 502 (a page,
as from a proxy), 403, ok (as usual), drop (cuts the connection), hang, migrate:CHAT. A chat given as ID! has blocked
the bot. SIGTERM stops it.
"""
import argparse
import html
import json
import os
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIELDS = {
    "getme": set(),
    "sendmessage": {
        "chat_id", "text", "parse_mode", "entities", "link_preview_options", "disable_notification", "protect_content",
        "reply_parameters", "reply_markup", "message_effect_id", "message_thread_id",
    },
}
TAGS = set("a b strong i em s strike del u ins tg-spoiler tg-emoji span pre code blockquote".split())
ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
TAG = re.compile(r"<(/?)([^\s>]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")


class Bad(Exception):
    """An answer that is not ok."""

    def __init__(self, text, code=400, **parameters):
        self.code, self.text, self.parameters = code, text, parameters


def html_text(text):
    """The text without its markup; raises as the service does for what is not escaped or not closed."""
    out, open_tags, index = [], [], 0
    while index < len(text):
        entity = ENTITY.match(text, index)
        if entity:
            out.append(html.unescape(entity[0]))
            index = entity.end()
        elif text[index] == "<":
            index = take_tag(text, index, open_tags)
        else:
            out.append(text[index])
            index += 1
    if open_tags:
        raise Bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1]}\"")
    return "".join(out)


def take_tag(text, index, open_tags):
    place = f"at byte offset {len(text[:index].encode())}"
    tag = TAG.match(text, index)
    if not tag:
        raise Bad(f"can't parse entities: Unclosed start tag {place}")
    name = tag[2].lower()
    if tag[1]:
        if not open_tags:
            raise Bad(f"can't parse entities: Unexpected end tag {place}")
        if name != open_tags[-1]:
            raise Bad(f"can't parse entities: Unmatched end tag {place}, expected \"</{open_tags[-1]}>\"")
        open_tags.pop()
    elif name not in TAGS:
        raise Bad(f"can't parse entities: Unsupported start tag \"{name}\" {place}")
    else:
        open_tags.append(name)
    return tag.end()


def plain(text, mode):
    """What people will see; characters are counted after the markup is taken away."""
    if not isinstance(text, str):
        raise Bad("message must be a string")
    if mode not in (None, "", "HTML"):
        raise Bad("unsupported parse_mode")
    text = (html_text(text) if mode else text).strip()
    if len(text) > 4096:
        raise Bad("message is too long")
    if not text:
        raise Bad("text must be non-empty")
    return text


class State:
    lock = threading.Lock()
    requests = 0
    messages = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = re.fullmatch(r"/bot([^/]*)/([A-Za-z]+)", self.path)
        with State.lock:
            State.requests += 1
            number = State.requests
            planned = State.first.pop(0) if State.first else "ok"
        note = {"method": address[2] if address else self.path}
        try:
            code, body = 200, {"ok": True, "result": self.call(address, raw, planned, note)}
        except Bad as bad:
            prefix = {400: "Bad Request: ", 403: "Forbidden: "}.get(bad.code, "")
            code, body = bad.code, {"ok": False, "error_code": bad.code, "description": prefix + bad.text}
            if bad.parameters:
                body["parameters"] = bad.parameters
        except ConnectionAbortedError:
            code, body = None, None
        self.record(number, note | {"status": code, "answer": body})
        self.answer(code, body)

    do_GET = do_POST

    def call(self, address, raw, planned, note):
        if not address:
            raise Bad("Not Found", 404)
        if address[1] != State.token:
            raise Bad("Unauthorized", 401)
        try:
            fields = json.loads(raw) if raw else {}
        except ValueError:
            raise Bad("can't parse the request as JSON object")
        method = address[2].lower()
        if method not in FIELDS:
            raise Bad("Not Found: method not found", 404)
        note |= {"fields": fields, "unknown": sorted(set(fields) - FIELDS[method])}
        self.carry_out(planned)
        if method == "getme":
            return {"id": int(State.token.split(":")[0]), "is_bot": True, "first_name": "test", "username": "test_bot"}
        return self.send_text(fields, note)

    def carry_out(self, planned):
        what, _, argument = planned.partition(":")
        if what == "429":
            raise Bad(f"Too Many Requests: retry after {argument}", 429, retry_after=int(argument))
        if what == "500":
            raise Bad("Internal Server Error", 500)
        if what == "502":
            raise Bad("", 502)
        if what == "403":
            raise Bad("bot was blocked by the user", 403)
        if what == "migrate":
            raise Bad("group chat was upgraded to a supergroup chat", 400, migrate_to_chat_id=int(argument))
        if what == "hang":
            time.sleep(3600)
        if what == "drop":
            raise ConnectionAbortedError
        if what != "ok":
            sys.exit(f"--first: what is {planned}?")

    def send_text(self, fields, note):
        chat = str(fields.get("chat_id") or "")
        if not chat:
            raise Bad("chat_id is empty")
        if chat + "!" in State.chats:
            raise Bad("bot was blocked by the user", 403)
        if chat not in State.chats:
            raise Bad("chat not found")
        if not fields.get("text"):
            raise Bad("message text is empty")
        note["plain"] = plain(fields["text"], fields.get("parse_mode"))
        with State.lock:
            State.messages += 1
            number = State.messages
        return {"message_id": number, "date": int(time.time()), "chat": {"id": chat}, "text": note["plain"]}

    def record(self, number, note):
        path = os.path.join(State.record, f"{number:04}.json")
        with open(path + ".new", "w") as file:
            json.dump(note, file, ensure_ascii=False, indent=1)
        os.rename(path + ".new", path)

    def answer(self, code, body):
        if code is None:
            self.close_connection = True
            return
        page = b"<html><head><title>502 Bad Gateway</title></head></html>"
        out = page if code == 502 else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/html" if code == 502 else "application/json")
        if body and "retry_after" in body.get("parameters", {}):
            self.send_header("Retry-After", str(body["parameters"]["retry_after"]))
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True)
    parser.add_argument("--token", default="123456:TEST")
    parser.add_argument("--chat", action="append", default=[])
    parser.add_argument("--first", default="", help="the first answers, see above")
    options = parser.parse_args()
    State.record, State.token, State.chats = options.record, options.token, set(options.chat or ["42"])
    State.first = [word for word in options.first.split(",") if word]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
