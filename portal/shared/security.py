"""What every page tells the browser not to do.

A view sets `g.form_redirects_off_site` where the response to its form redirects to another site: browsers apply
form-action to the whole chain of redirects.
"""

from flask import Response, g

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def protect(response: Response) -> Response:
    """Set the headers of a page; a response that is not HTML is left unchanged."""
    if response.mimetype == "text/html":
        response.headers.update(_HEADERS)
        if g.get("form_redirects_off_site"):
            response.headers["Content-Security-Policy"] = _POLICY.replace("form-action 'self'; ", "")
        response.vary.update(("Cookie", "HX-Request"))
    return response
