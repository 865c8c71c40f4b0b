"""Lighthouse, which loads a page as a phone on a slow line and judges how fast and how well made it is."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.clients.browser import CHROMIUM_OPTIONS
from tests.support.clients.node import find_module, find_node
from tests.support.servers.programs import find_program

_CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_TIMEOUT_S = 120
# The benchmark index of a phone of the middle class, by which Lighthouse's four times are meant for a core of about 2,000.
_PHONE = 500
# Neither counts in a score, and both load or draw the page once more.
_SPARED = ("--disable-full-page-screenshot", "--skip-audits=bf-cache")


def judge(url: str, cookie: str, directory: Path, slowdown: float = 4) -> tuple[dict[str, int], float]:
    """The scores of 0 to 100 by category, as the reader sees the page whose cookie this is, on a processor so much slower; and
    the slowdown by which this machine, as busy as it was, would have been the phone that is meant.
    """
    report = directory / "lighthouse.json"
    headers = json.dumps({"Cookie": cookie})
    flags = " ".join(("--headless=new", f"--user-data-dir={directory / 'browser'}", *CHROMIUM_OPTIONS))
    command = [find_node(), find_module("lighthouse/cli/index.js"), url, "--quiet", "--output=json", f"--output-path={report}"]
    command += [f"--extra-headers={headers}", f"--only-categories={','.join(_CATEGORIES)}", *_SPARED]
    command += [f"--throttling.cpuSlowdownMultiplier={slowdown}"]
    chromium = find_program("chromium-headless-shell", "chromium-headless-shell", "chromium", "chromium-browser")
    environment = {"CHROME_PATH": chromium, "PATH": "/usr/bin:/bin", "HOME": str(directory)}
    done = subprocess.run(
        [*command, f"--chrome-flags={flags}"], env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["finalDisplayedUrl"].partition("?")[0] == url.partition("?")[0], "The page led elsewhere."
    scores = {name: round(100 * found["categories"][name]["score"]) for name in _CATEGORIES}
    return scores, max(1.0, found["environment"]["benchmarkIndex"] / _PHONE)
