"""The Nu HTML Checker as a service: it starts once, and then judges a page in some milliseconds."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import requests

from tests.support.clients.node import find_module
from tests.support.servers.programs import find_program, free_port, wait_until

_JAR = "vnu-jar/build/dist/vnu.jar"
_START_S = 120


@dataclass(frozen=True)
class HtmlChecker:
    url: str

    def find_errors(self, page: str) -> list[str]:
        """What the HTML standard does not allow, each with the markup around it."""
        headers = {"Content-Type": "text/html; charset=utf-8"}
        answer = requests.post(self.url, params={"out": "json"}, data=page.encode(), headers=headers, timeout=60)
        found = answer.json()["messages"]
        return [f"{one['message']} {one.get('extract', '')}" for one in found if one["type"] != "info"]


@contextmanager
def running_html_checker() -> Iterator[HtmlChecker]:
    url = f"http://127.0.0.1:{free_port()}/"
    java = find_program("default-jre-headless", "java")
    command = [java, "-Xmx256m", "-Dnu.validator.servlet.bind-address=127.0.0.1", "-cp", find_module(_JAR)]
    port = url.rpartition(":")[2].rstrip("/")
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "nu.validator.servlet.Main", port], **silent) as process:  # type: ignore[call-overload]
        try:
            wait_until(lambda: _answers(url), "The HTML checker", _START_S)
            yield HtmlChecker(url)
        finally:
            process.kill()


def _answers(url: str) -> bool:
    """Without a page it answers 400."""
    with suppress(requests.RequestException):
        return requests.get(url, params={"out": "json"}, timeout=5).status_code == 400
    return False
