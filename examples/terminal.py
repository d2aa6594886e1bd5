"""How the demos write: colours on a terminal, plain in a pipe."""
import os
import sys

ON_TERMINAL = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
COLOURS = ON_TERMINAL and not os.environ.get("NO_COLOR")


def paint(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOURS else text


def bold(text):
    return paint("1", text)


def dim(text):
    return paint("2", text)


def green(text):
    return paint("32", text)


def red(text):
    return paint("31", text)


def cyan(text):
    return paint("36", text)


def say(text=""):
    print(text, flush=True)


def live(text):
    """A line that the next one overwrites; nothing in a pipe."""
    if ON_TERMINAL:
        print(f"\r\x1b[K{text}", end="", flush=True)
