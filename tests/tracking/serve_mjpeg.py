"""A network camera that speaks Motion JPEG over HTTP.

Arguments: port (0 for any), width, height, rate. Prints the port, then serves until killed.
"""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np


def main() -> None:
    port, width, height, rate = (int(argument) for argument in sys.argv[1:])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=edge")
            self.end_headers()
            count = 0
            while True:
                picture = np.full((height, width, 3), 60, np.uint8)
                cv2.circle(picture, (count * 7 % width, height // 2), 12, (0, 200, 255), -1)
                data = cv2.imencode(".jpg", picture)[1].tobytes()
                head = f"--edge\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                try:
                    self.wfile.write(head + data + b"\r\n")
                except OSError:
                    return
                count += 1
                time.sleep(1.0 / rate)

        def log_message(self, *_: object) -> None:
            """Say nothing: the one line on standard output is the port."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
