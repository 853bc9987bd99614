#!/usr/bin/env python3
"""A strict SMTP server for tests: plain, STARTTLS or TLS from the first byte, AUTH PLAIN and LOGIN.

    python3 smtp_peer.py --record FOLDER --security starttls --cert cert.pem --key key.pem --user bot=s3cret

prints "listening 127.0.0.1:PORT". Each message that is taken becomes NNNN.eml (its bytes) and NNNN.json (envelope, TLS,
login) in the folder. The protocol is PyPI's aiosmtpd. It refuses bare line feeds, lines over 998 octets, raw 8-bit
octets, and messages without From, Date or Message-ID. SIGTERM stops it.
"""
import argparse
import asyncio
import email
import email.policy
import json
import os
import signal
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    """What the server says to the commands of its peers."""

    def __init__(self, options):
        self.options = options
        self.fail_first = options.fail_first
        self.count = 0

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if self.fail_first > 0:
            self.fail_first -= 1
            return "451 4.3.0 try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options.refuse:
            return "550 5.1.1 no such user here"
        if address in self.options.postpone:
            return "450 4.2.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        objection = self.objection(raw) or self.options.data_reply
        if objection:
            return objection
        self.keep(server, session, envelope, raw)
        if self.options.after_data == "drop":
            server.transport.abort()
        if self.options.after_data == "hang":
            await asyncio.sleep(3600)
        return "250 2.0.0 kept"

    async def handle_QUIT(self, server, session, envelope):
        if self.options.after_data == "hang-at-quit":
            await asyncio.sleep(3600)
        return "221 2.0.0 bye"

    def objection(self, raw):
        """Why a strict server would not take this message."""
        if b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""):
            return "550 5.6.11 bare line breaks"
        if any(len(line) > 998 for line in raw.split(b"\r\n")):
            return "550 5.6.0 line longer than 998 octets"
        if any(byte > 127 or byte == 0 for byte in raw):
            return "550 5.6.7 raw 8-bit octets or NUL"
        message = email.message_from_bytes(raw, policy=email.policy.default)
        absent = [name for name in ("From", "Date", "Message-ID") if name not in message]
        return f"550 5.6.0 header missing: {', '.join(absent)}" if absent else None

    def keep(self, server, session, envelope, raw):
        self.count += 1
        cipher = server.transport.get_extra_info("cipher")
        note = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": cipher[1] if cipher else "",
            "user": getattr(session.auth_data, "login", b"").decode(),
            "greeting": session.host_name,
        }
        path = os.path.join(self.options.record, f"{self.count:04}")
        with open(path + ".eml", "wb") as file:
            file.write(raw)
        with open(path + ".json", "w") as file:
            json.dump(note, file)


def make_server(handler, options, context):
    users = dict(user.split("=", 1) for user in options.user)

    def check(server, session, envelope, mechanism, data):
        if options.auth_reply:
            return AuthResult(success=False, handled=False, message=options.auth_reply)
        is_right = isinstance(data, LoginPassword) and users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=is_right, handled=False, auth_data=data if is_right else None)

    starts_tls = options.security == "starttls"
    return SMTP(
        handler, hostname="localhost", authenticator=check, auth_required=bool(users),
        auth_require_tls=starts_tls, require_starttls=starts_tls, tls_context=context if starts_tls else None)


async def serve(options):
    context = None
    if options.security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    loop = asyncio.get_running_loop()
    handler = Handler(options)
    server = await loop.create_server(
        lambda: make_server(handler, options, context), "127.0.0.1", 0,
        ssl=context if options.security == "tls" else None)
    print(f"listening 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True)
    parser.add_argument("--security", choices=["none", "starttls", "tls"], default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", action="append", default=[], metavar="NAME=PASSWORD")
    parser.add_argument("--auth-reply", help="what every login gets")
    parser.add_argument("--refuse", action="append", default=[], metavar="ADDRESS", help="550 for this recipient")
    parser.add_argument("--postpone", action="append", default=[], metavar="ADDRESS", help="450 for this recipient")
    parser.add_argument("--fail-first", type=int, default=0, metavar="N", help="451 for the first N messages")
    parser.add_argument("--data-reply", help="what every message gets after its last dot")
    parser.add_argument("--after-data", choices=["answer", "drop", "hang", "hang-at-quit"], default="answer")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
