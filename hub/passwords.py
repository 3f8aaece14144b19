"""The two passwords of the hub, and a log-in that is slow for those who guess them."""

import asyncio
import os
import secrets
import sys
from collections import Counter

from hub.files import write_whole

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from tornado.web import HTTPError

# The commonest of those that are long enough, and what a class comes up with.
COMMON = """
00000000 11111111 11223344 12121212 123123123 12341234 12344321 12345678 123456789
1234567890 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 22222222 33333333 44444444 55555555 66666666
69696969 77777777 87654321 88888888 987654321 99999999 a1b2c3d4 aa123456 aaaaaaaa
abc12345 abcd1234 abcdefgh admin123 asdfasdf asdfghjk asdfghjkl autoencoder baseball
basketball butterfly changeme charlie1 chocolate classroom computer corvette football
iloveyou internet jennifer jonathan jupyterhub kennwort letmein1 letmein123 liverpool
mercedes metallica michelle midnight notebook notebooks p@ssw0rd passw0rd password
password! password1 password12 password123 passwort passwort1 passwort123 princess
q1w2e3r4 qazwsxedc qwer1234 qwerty12 qwerty123 qwertyui qwertyuiop qwertz123 qwertzui
qwertzuiop samantha spiderman starwars student1 student123 students sunshine superman
teacher1 teacher123 test1234 testtest trustno1 university welcome1 welcome123 whatever
zaq12wsx zxcvbnm1
"""


def read_password(setting, path, shortest):
    """Return the password from the environment, or else from its file, or a new one.

    Args:
        setting: String. The environment variable.
        path: Path. The file; a new password is written there.
        shortest: Number of characters that it needs at least.
    """
    chosen, source = os.environ.get(setting), setting
    if chosen is None:
        # An editor ends the file with a new line; an empty file is of a full disk.
        source = f"{setting} (the file {path})"
        chosen = path.read_text("utf-8", "replace").strip() if path.exists() else ""
        if not chosen:
            chosen = secrets.token_hex(max(10, shortest) // 2)
            write_whole(path, chosen.encode())
    if len(chosen) < shortest or not chosen.isascii():
        sys.exit(
            f"{source} needs at least {shortest} characters, all of them ASCII; it has"
            f" {len(chosen)}, of which {sum(not c.isascii() for c in chosen)} are not."
        )
    if chosen.lower() in COMMON.split():
        sys.exit(
            f"{source} is {chosen!r}, one of the commonest passwords: choose one that"
            f" nobody guesses, of at least {shortest} ASCII characters."
        )
    return chosen


class PatientAuthenticator(SharedPasswordAuthenticator):
    """Checks the shared passwords, more slowly the more tries from an address fail.

    After `FREE` failures each further one makes the next try from there wait a second
    longer, up to `LONGEST`. Only `WAITING` tries from there can wait at a time, so that
    many at once gain nothing. A right password ends it. Other addresses notice nothing.
    """

    FREE = 10
    LONGEST = 10
    WAITING = 5

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.failures = Counter()
        self.waiting = Counter()

    async def authenticate(self, handler, data):
        """Return the user if the password is right, and None if it is not."""
        address = sender(handler.request)
        delay = min(self.failures[address] - self.FREE, self.LONGEST)
        if delay > 0:
            if self.waiting[address] >= self.WAITING:
                raise HTTPError(429, "Too many tries to log in. Try again in a minute.")
            self.waiting[address] += 1
            await asyncio.sleep(delay)
            self.waiting[address] -= 1
        user = None
        if data["password"].isascii():  # the parent class cannot compare others
            user = await super().authenticate(handler, data)
        if user is None:
            self.failures[address] += 1
        else:
            del self.failures[address]
        return user


def sender(request):
    """Return the address that a request comes from.

    The proxy adds it at the end of this header. What stands before it, and in other
    headers, is whatever the sender likes.
    """
    return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
