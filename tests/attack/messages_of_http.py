"""Requests that two readers would read differently, or that name another host."""

from tests.attack.target import Target, require

_ELSEWHERE = "elsewhere.example"


def read_twice(target: Target) -> str:
    """Bodies whose end two readers see in different places: what follows them must never be answered as a request."""
    host, hidden = f"Host: {target.host}:{target.port}", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    heads = {
        "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": f"Content-Length: 0\r\nContent-Length: {len(hidden)}\r\n\r\n",
        "a length with a sign": "Content-Length: +0\r\n\r\n",
        "chunks in disguise": "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "a blank before the colon": "Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "a folded header": "Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    }
    for what, head in heads.items():
        answer = _answer(target, f"POST /api/oauth/token HTTP/1.1\r\n{host}\r\n{head}{hidden}".encode())
        require(b"\r\n\r\nok\n" not in answer, f"{what}: the hidden request was answered")
    return f"{len(heads)} forms"


def name_another_host(target: Target) -> str:
    """No answer leads to, or speaks of, a host that only the request named."""
    for name in ("Host", "X-Forwarded-Host", "X-Original-Host", "Forwarded"):
        value = f"host={_ELSEWHERE}" if name == "Forwarded" else _ELSEWHERE
        for path in ("/sign-in", "/integrations", "/.well-known/oauth-authorization-server", "/api/openapi.json", "/mcp"):
            answer = target.get(path, headers={name: value})
            text = answer.headers.get("Location", "") + answer.headers.get("WWW-Authenticate", "") + answer.text
            require(_ELSEWHERE not in text, f"{path} speaks of the host in {name}")
    return "four headers, five addresses"


def _answer(target: Target, sent: bytes) -> bytes:
    with target.connect() as connection:
        connection.settimeout(2)
        connection.sendall(sent)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
        return answer
