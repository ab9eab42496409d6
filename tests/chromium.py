"""A headless Chromium over its debugging pipe: what a page says, asks for and looks like."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

_LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads commands from descriptor 3 and writes answers to 4."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium():
    """Path of the browser, or None where it or its pipe is missing."""
    if os.name != "posix":
        return None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One page of a headless browser that writes down every event.

    Args:
        profile: An empty folder for the browser's own files.
    """

    def __init__(self, profile):
        import fcntl  # find_chromium finds nothing where there is none

        commands, self._to = os.pipe()
        self._from, answers = os.pipe()
        far = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (commands, answers)]
        self.events = []
        self._buffer = b""
        self._number = 0
        browser = [
            *(find_chromium(), "--headless=new", "--no-sandbox", "--disable-gpu"),
            *("--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            "--hide-scrollbars",
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCHER, *map(str, far), *browser],
            pass_fds=far,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (commands, answers, *far):
            os.close(end)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Give a command and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(60.0)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self.events.append(answer)

    def open(self, path, width, height, *, is_dark=False):
        """Open a file at a size and wait until it is loaded."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events.clear()
        self.call("Page.navigate", url=Path(path).as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive(60.0))
        self.settle()

    def settle(self, seconds=0.3):
        """Take the events of a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0.0:
            if select.select([self._from], [], [], left)[0]:
                self.events.append(self._receive(60.0))

    def run(self, expression):
        """Value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def drag(self, start, end):
        """Press at a point, move to another, let go."""
        self._mouse("mousePressed", start)
        for step in (0.3, 0.6, 1.0):
            at = [a + (b - a) * step for a, b in zip(start, end, strict=True)]
            self._mouse("mouseMoved", at)
        self._mouse("mouseReleased", end)
        self.settle(0.1)

    def _mouse(self, kind, point):
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=point[0],
            y=point[1],
            button="left",
            buttons=0 if kind == "mouseReleased" else 1,
            clickCount=1,
        )

    def screenshot(self, path, *, is_whole=True):
        """Save the page, or what is on screen of it, as PNG."""
        answer = self.call(
            "Page.captureScreenshot",
            captureBeyondViewport=is_whole,
            **({"clip": {**self._size(), "x": 0, "y": 0, "scale": 1}} if is_whole else {}),
        )
        Path(path).write_bytes(base64.b64decode(answer["data"]))

    def _size(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"width": size["width"], "height": size["height"]}

    def complaints(self):
        """Errors, warnings and uncaught exceptions since the page was opened."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        return [event["params"] for event in self.events if event.get("method") in kinds]

    def requests(self):
        """Addresses asked for since the page was opened, but for the page and data within it."""
        sent = [
            event for event in self.events if event.get("method") == "Network.requestWillBeSent"
        ]
        urls = [event["params"]["request"]["url"] for event in sent]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def close(self):
        """End the browser."""
        os.close(self._to)
        self._process.terminate()
        self._process.wait(10)
        os.close(self._from)

    def _receive(self, timeout_s):
        while b"\0" not in self._buffer:
            assert select.select([self._from], [], [], timeout_s)[0], "the browser does not answer"
            part = os.read(self._from, 1 << 16)
            assert part, "the browser has ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)
