"""A network camera (Motion JPEG over HTTP) with whatever ails cameras: ``fault_camera PORT FILE``.

The file names what is wrong; it is read anew for each picture. "encoded" is a picture that froze before a lossy
encoder: what H.264 makes of the same picture again and again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np

from tests.tracking.test_picture_faults import Bgr, moved, noisy, scene, spoils

SIZE_PX = (480, 270)
RATE_HZ, FAST_HZ = 10.0, 60.0
BRIGHT = 60.0
"""Grey levels more: ``fault_detector`` computes no numbers then."""
_SPOILS = {name: spoil for name, (_, _, spoil) in spoils().items()}


def frozen_before_encoder(seconds: float = 20.0) -> list[Bgr]:
    """What comes out of a decoder when the same picture goes into an encoder, a key frame every two seconds."""
    still = noisy(scene(*SIZE_PX), np.random.default_rng(1))
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE_PX
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuv420p", Fraction(10), Fraction(1, 10)
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "g": str(round(2 * RATE_HZ)), "b": "800000"}
    decoder = av.CodecContext.create("h264", "r")
    out = []
    for k in range(round(seconds * RATE_HZ)):
        frame = av.VideoFrame.from_ndarray(still, format="bgr24")
        frame.pts = k
        out += [
            seen.to_ndarray(format="bgr24").astype(np.uint8)
            for p in encoder.encode(frame)
            for seen in decoder.decode(p)
        ]
    return out


def pictures(file: Path) -> Iterator[tuple[Bgr, float]]:
    """Pictures, and how long until the next."""
    sound, rng = scene(*SIZE_PX), np.random.default_rng(2)
    encoded = frozen_before_encoder()
    last = noisy(sound, rng)
    k = 0
    while True:
        what = file.read_text() if file.exists() else ""
        picture = noisy(sound, rng)
        if what == "frozen":
            picture = last
        elif what == "encoded":
            picture = encoded[k % len(encoded)]
        elif what == "bright":
            picture = np.clip(picture + BRIGHT, 0, 255).astype(np.uint8)
        elif what == "knocked":
            picture = moved(SIZE_PX[0] * 0.02)(picture, 0.0)
        elif what in _SPOILS:
            picture = _SPOILS[what](picture, k / RATE_HZ)
        last = picture
        k += 1
        yield picture, 1.0 / (FAST_HZ if what == "fast" else RATE_HZ)


def main() -> None:
    port, file = int(sys.argv[1]), Path(sys.argv[2])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=edge")
            self.end_headers()
            due_s = time.monotonic()
            for picture, wait_s in pictures(file):
                data = cv2.imencode(".jpg", picture, [int(cv2.IMWRITE_JPEG_QUALITY), 90])[1].tobytes()
                head = f"--edge\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                try:
                    self.wfile.write(head + data + b"\r\n")
                except OSError:
                    return
                due_s = max(due_s + wait_s, time.monotonic() - 0.1)
                time.sleep(max(0.0, due_s - time.monotonic()))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
