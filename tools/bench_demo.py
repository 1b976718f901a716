"""Measure ``make demo`` from a clone to its first page, and again (quality.md, T14): says where the time goes.

Copies what git would commit to a temporary folder, runs ``make demo`` there until the port answers, stops it with
Ctrl-C, and runs it once more. Packages that pip or apt keep on this machine are not fetched again: the figure of a fresh
machine needs a fresh machine. Exit 0 within the bars, 1 beyond them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_BAR, AGAIN_BAR = 180.0, 10.0  # seconds
PATIENCE = 900.0


def copy_of_the_tree(target: Path) -> None:
    """Copy every file that git knows or would add, as a clone would bring it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def run_demo(tree: Path) -> float:
    """Run ``make demo`` until its first page answers; print when each step began; return the seconds."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WUHAO_", "DATABASE_", "MAKE"))}
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "demo", f"PORT={port}"], cwd=tree, env=kept, start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip

    def show() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                print(f"  {time.monotonic() - begun:6.1f} s  {line.rstrip()}", flush=True)

    reader = threading.Thread(target=show, daemon=True)
    reader.start()
    while not answers(port):
        if process.poll() is not None or time.monotonic() - begun > PATIENCE:
            reader.join(2)
            sys.exit("make demo ended, or never answered")
        time.sleep(0.05)
    seconds = time.monotonic() - begun
    print(f"  {seconds:6.1f} s  first page")
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30)
    return seconds


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "wuhao"
        tree.mkdir()
        copy_of_the_tree(tree)
        print("make demo, from a clone:")
        first = run_demo(tree)
        print("make demo, again:")
        again = run_demo(tree)
    good = first <= FIRST_BAR and again <= AGAIN_BAR
    print(f"T14: first page after {first:.1f} s (bar {FIRST_BAR:.0f}), again {again:.1f} s (bar {AGAIN_BAR:.0f}): "
          + ("kept" if good else "MISSED"))  # fmt: skip
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
