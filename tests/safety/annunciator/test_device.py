"""A real sound server without a sound card: PulseAudio with a sink that nobody hears but its monitor.

Here the way through PortAudio is real: opened, played, heard, measured, lost and found again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from safety.records import Level, Situation
from tests.safety.annunciator.hall import Hall
from tests.safety.annunciator.scenes import alarm
from tests.safety.bus_helpers import process, wait_for

pytestmark = pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="needs pulseaudio and its plugin for ALSA")

TABLE = """
[[annunciator]]
name = "device"
device = "pulse"
microphone = "pulse"
full_scale_dba = 105.0
microphone_full_scale_dba = 105.0
speech = false
"""


@dataclass
class SoundServer:
    """PulseAudio as a process, with a home of its own."""

    home: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "PULSE_SERVER": f"unix:{self.home}/native",
            "PULSE_SINK": "hall",
            "PULSE_SOURCE": "hall.monitor",
        }

    def start(self) -> None:
        options = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--realtime=no"]
        modules = [
            "--load=module-null-sink sink_name=hall rate=48000",
            f"--load=module-native-protocol-unix socket={self.home}/native auth-anonymous=1",
        ]
        self.process = subprocess.Popen(["pulseaudio", *options, *modules], stderr=subprocess.DEVNULL)
        wait_for(lambda: self.ask("info").returncode == 0, 10.0, "the sound server")

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["pactl", *command], capture_output=True, text=True, check=False)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        (self.home / "native").unlink(missing_ok=True)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    home = tmp_path / "pulse"
    home.mkdir(mode=0o700)
    server = SoundServer(home)
    for key, value in server.environment.items():
        monkeypatch.setenv(key, value)  # for every process that is started from here
    server.start()
    yield server
    server.stop()


def command(site: Path, *options: str) -> list[str]:
    return ["-m", "ui.cli", "annunciator", "--site", str(site), "--name", "device", *options]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with ExitStack() as stack:
        yield Hall(tmp_path, stack, more=TABLE)


@pytest.mark.slow
def test_every_tone_is_heard_as_it_was_asked_and_a_turned_down_loudspeaker_fails(
    hall: Hall, server: SoundServer
) -> None:
    with process(*command(hall.site_path, "--self-test")) as test:
        assert test.stdout is not None
        said = [test.stdout.readline(), test.stdout.readline()]
        assert server.ask("set-sink-volume", "hall", "-9dB").returncode == 0
        said += list(test.stdout)
        assert test.wait(10.0) == 1
    assert [line.split(":")[0] for line in said] == [
        "passed  attention",
        "passed  warning",
        "FAILED  danger",
        "FAILED  fault",
    ]
    assert "-9.0 dB from the level that was asked" in said[3]


def test_a_microphone_that_is_not_there_is_named(hall: Hall, server: SoundServer) -> None:
    text = hall.site_path.read_text("utf-8").replace('microphone = "pulse"', 'microphone = "attic"')
    hall.site_path.write_text(text, encoding="utf-8")
    with process(*command(hall.site_path, "--self-test")) as test:
        _, stderr = test.communicate(timeout=30.0)
    assert test.returncode == 2
    assert "microphone 'attic' cannot be opened" in stderr.splitlines()[-1]


def test_a_device_that_is_lost_is_told_and_found_again(hall: Hall, server: SoundServer) -> None:
    engine = hall.engine()
    child = hall.stack.enter_context(
        process("-m", "tests.safety.annunciator.annunciator_process", hall.site_path, "device")
    )
    assert child.stderr is not None
    os.set_blocking(child.stderr.fileno(), False)
    said: list[str] = []

    def told(text: str) -> bool:
        assert child.stderr is not None
        said.extend(line for line in iter(child.stderr.readline, "") if line.startswith("annunciator device: "))
        return bool(said) and text in said[-1]

    wait_for(lambda: told("annunciator device: silent\n"), 15.0, "an annunciator that is well")
    engine.tell(alarm(Situation.STRUCK_BY, Level.DANGER))
    wait_for(lambda: told("danger: struck_by"), 3.0, "danger")
    server.stop()
    wait_for(lambda: told("; fault: sound device 'pulse'"), 15.0, "the fault")
    time.sleep(0.5)
    server.start()
    wait_for(lambda: told("danger: struck_by (a-1)\n"), 15.0, f"the device found again, not {said[-3:]}")
