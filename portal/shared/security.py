"""What every page tells the browser not to do.

A view sets `g.form_leads_away` where the answer to its form goes to another site: browsers hold the
whole chain of redirects to form-action.
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
    """Set the headers of a page; an answer that is no page is left as it is."""
    if response.mimetype == "text/html":
        response.headers.update(_HEADERS)
        if g.get("form_leads_away"):
            response.headers["Content-Security-Policy"] = _POLICY.replace("form-action 'self'; ", "")
        response.vary.update(("Cookie", "HX-Request"))
    return response
