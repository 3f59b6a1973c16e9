"""Where processes that begin as forks keep their figures, unless they are servers, which name a folder of their own.

The library of figures decides when it is imported whether they are kept in files: this is imported before it, and by
the process that is forked only (tests/preloaded.py).
"""

import atexit
import os
import shutil
import tempfile

os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="oql-figures-")
atexit.register(shutil.rmtree, os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
