"""A relay board as a process, on one end of a serial cable: ``serial_board.py lcus|numato``, 8 relays.

Prints the other end's device file. Lines on stdin: ``stick N`` holds relay N as it is, ``free`` lets go, ``mute``
answers no more. After each line from stdin, and after ``show``, the states of all relays are printed.
"""

from __future__ import annotations

import os
import re
import sys
import threading

from tests.safety.pty_pair import pty_pair


class Board:
    def __init__(self) -> None:
        self.relays = [False] * 8
        self.stuck: set[int] = set()
        self.mute = False

    def switch(self, number: int, on: bool) -> None:
        if number not in self.stuck:
            self.relays[number] = on

    def lcus(self, taken: bytes) -> tuple[bytes, bytes]:
        """Obey what is complete; returns what is left over and the answer."""
        answer = b""
        while taken:
            if taken[0] == 0xFF:
                answer += b"".join(b"CH%d: %s\r\n" % (k + 1, b"ON" if r else b"OFF") for k, r in enumerate(self.relays))
                taken = taken[1:]
            elif taken[0] == 0xA0:
                if len(taken) < 4:
                    break
                if sum(taken[:3]) & 0xFF == taken[3] and 1 <= taken[1] <= 8:
                    self.switch(taken[1] - 1, bool(taken[2]))
                taken = taken[4:]
            else:
                taken = taken[1:]
        return taken, answer

    def numato(self, taken: bytes) -> tuple[bytes, bytes]:
        answer = b""
        while b"\r" in taken:
            line, _, taken = taken.partition(b"\r")
            answer += line + b"\n\r"
            if found := re.fullmatch(rb"relay writeall ([0-9a-f]{2})", line):
                for number in range(8):
                    self.switch(number, bool(int(found[1], 16) >> number & 1))
            elif line == b"relay readall":
                answer += b"%02x\n\r" % sum(1 << k for k, on in enumerate(self.relays) if on)
            answer += b">"
        return taken, answer

    def told(self, line: str) -> None:
        word, _, number = line.strip().partition(" ")
        if word == "stick":
            self.stuck.add(int(number))
        elif word == "free":
            self.stuck.clear()
        elif word == "mute":
            self.mute = True
        print("".join("1" if on else "0" for on in self.relays), flush=True)

    def listen(self) -> None:
        for line in sys.stdin:
            self.told(line)


if __name__ == "__main__":
    board = Board()
    ours, theirs = pty_pair()
    port = os.open(ours, os.O_RDWR | os.O_NOCTTY)
    print(theirs, flush=True)
    threading.Thread(target=board.listen, daemon=True).start()
    speak = board.lcus if sys.argv[1] == "lcus" else board.numato
    rest = b""
    while True:
        rest, said = speak(rest + os.read(port, 4096))
        if said and not board.mute:
            os.write(port, said)
