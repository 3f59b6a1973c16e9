"""Pages as a browser shows them: a headless Chromium, which reaches other machines through the guard alone.

chromium.py   a browser of its own for one piece of work; nothing of it is left at the end
visits.py     opens pages in it, and says what they show
scripts.py    what is asked of a page, in its own language

The browser knows one proxy (`oql.outbound.proxy`) and looks no names up, so that whatever it asks for, also for
redirects, parts of pages and scripts, goes where the guard lets it. It has a profile of its own and an environment
without any of the server's variables.
"""

from chains.browser.chromium import BrowserError
from chains.browser.visits import Shown, Visits

__all__ = ["BrowserError", "Shown", "Visits"]
"""What a step of the type browser uses."""
