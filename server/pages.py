"""What the pages for people have in common: the frame of the document, the colours, the headers; no scripts."""

import base64
import hashlib
import html

STYLE = """
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif;
       color: #1c1c1c; background: #fff }
pre { padding: 1rem; background: #f2f2f2; white-space: pre-wrap; overflow-wrap: anywhere }
a { color: #0b57a4 }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616 }
  pre { background: #262626 }
  a { color: #8ab8f0 }
}
"""

_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{main}
</main>
</body>
</html>
"""

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}


def document(title: str, main: str, style: str = STYLE) -> str:
    """A page. `title` is text and is escaped here, `main` is HTML."""
    return _DOCUMENT.format(title=html.escape(title), main=main, style=style)


def page_headers(style: str = STYLE, *, forms: bool = False) -> dict[str, str]:
    """The headers of a page whose only style is the given one, and whose forms, if any, go to this server."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    filled = {"{style}": digest, "{forms}": "'self'" if forms else "'none'"}
    headers = dict(_SECURITY)
    for mark, value in filled.items():
        headers["Content-Security-Policy"] = headers["Content-Security-Policy"].replace(mark, value)
    return headers
