"""Whether a tool in somebody's cloud can reach this CalmBoard, and what to change if it cannot."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from calmboard.settings import is_loopback

# https://support.atlassian.com/cloud-automation/docs/jira-automation-actions/, under “Send web request”
_JIRA_PORTS = (80, 443, 6017, 7990, 8060, 8080, 8085, 8090, 8443, 8444, 8900, 9900)
_CLOUDS = {
    "jira": "Jira Automation",
    "trello": "Trello Automation",
    "teams": "Power Automate",
    "github-actions": "GitHub Actions",
    "claude": "Claude on the web",
    "chatgpt": "ChatGPT",
}
_PRIVATE_ENDINGS = (".local", ".internal", ".intranet", ".lan", ".home", ".home.arpa", ".corp", ".test")
_REMEDY = "Set CALMBOARD_PUBLIC_URL to an https address that the internet reaches, and start CalmBoard again."


def unreachable_reason(address: str, tool: str) -> str | None:
    """What keeps a tool, by its slug, from calling this address, and the remedy; None where nothing does.

    Only the address is checked, and no request is made. Tools that run on the reader's own machines
    may reach any address.
    """
    cloud = _CLOUDS.get(tool)
    if cloud is None:
        return None
    reason = _cloud_reason(urlsplit(address), cloud)
    if reason is None and tool == "jira":
        reason = _jira_reason(urlsplit(address))
    return f"{reason} {_REMEDY}" if reason else None


def _cloud_reason(address: SplitResult, cloud: str) -> str | None:
    host = address.hostname or ""
    if is_loopback(host):
        return f"{cloud} cannot reach {address.netloc}: to it, that address is its own machine."
    if _is_private(host):
        return f"{cloud} cannot reach {address.netloc}: that address exists only in your own network."
    if address.scheme != "https":
        return f"{cloud} would send your key over http, where everybody on the way can read it."
    return None


def _jira_reason(address: SplitResult) -> str | None:
    if address.port in (None, *_JIRA_PORTS):
        return None
    ports = ", ".join(map(str, _JIRA_PORTS))
    return f"Jira Automation does not call port {address.port}; it calls {ports} alone."


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)
