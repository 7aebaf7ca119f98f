"""Where a long run keeps what it has: nothing that was sampled is lost, however it ends.

``run.json`` is replaced whole, ``samples.jsonl`` only grows by whole lines; a last line that was cut is passed over.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from calibration.errors import BadInput
from recordings.atomic import atomic_text
from recordings.soak.records import Kept, Sample

RUN, SAMPLES = "run.json", "samples.jsonl"


class SoakFolder:
    """Writes a run. Raises BadInput where the folder holds one already, or cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._samples = (folder / SAMPLES).open("xb")
        except FileExistsError:
            raise BadInput(f"{folder}: holds a run already, expected a new folder") from None
        except OSError as error:
            raise BadInput(f"{folder}: cannot be written ({error.strerror})") from None

    def keep(self, kept: Kept) -> None:
        with atomic_text(self.folder / RUN) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(kept)).decode() + "\n")

    def add(self, sample: Sample) -> None:
        self._samples.write(msgspec.json.encode(sample) + b"\n")
        self._samples.flush()

    def close(self) -> None:
        self._samples.close()


def read_run(folder: Path) -> tuple[Kept, list[Sample]]:
    """A run as far as it went. Raises BadInput naming file and line."""
    path = folder / RUN
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        lines = (folder / SAMPLES).read_bytes().split(b"\n")
    except OSError as error:
        raise BadInput(f"{error.filename}: cannot be read ({error.strerror}), expected a run's folder") from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: is no long run's file ({error})") from None
    samples: list[Sample] = []
    for number, line in enumerate(lines[:-1], 1):  # what comes after the last line's end was cut
        try:
            samples.append(msgspec.json.decode(line, type=Sample))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise BadInput(f"{folder / SAMPLES}, line {number}: is no sample ({error})") from None
    return kept, samples
