"""A mail server for tests: aiosmtpd, which keeps each message as a JSON file.

usage: smtpd.py FOLDER PORT none|starttls|tls [CERTIFICATE KEY USER PASSWORD]

It prints "ready PORT", and stops when its standard input ends. Recipients that
begin with "refused" are refused for good, those that begin with "later" for now.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 nobody of that name lives here"
        if address.startswith("later"):
            return "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        message = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8"),
            "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data.login.decode() if session.auth_data else "",
        }
        path = os.path.join(self.folder, "%06d.json" % self.count)
        with open(path + ".new", "w") as f:
            json.dump(message, f)
        os.rename(path + ".new", path)
        return "250 OK"


async def main():
    folder, port, security = sys.argv[1:4]
    context, options = None, {}
    if security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
    if len(sys.argv) > 6:
        user, password = sys.argv[6].encode(), sys.argv[7].encode()

        def check(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == (user, password), auth_data=data)

        options = {"authenticator": check, "auth_required": True, "auth_require_tls": security == "starttls"}
    if security == "starttls":
        options.update(tls_context=context, require_starttls=True)
    keeper = Keeper(folder)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, hostname="localhost", **options), "127.0.0.1", int(port), ssl=context if security == "tls" else None)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
