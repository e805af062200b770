"""Take the pictures of the report that README and the tutorial show.

python -m tests.report.picture reports/index.html docs/report.png
python -m tests.report.picture reports/index.html docs/tutorial/case.png '#case=c4da6326cd73f9e4'
"""

import sys
import tempfile
from pathlib import Path

from tests.report.chromium import Chromium


def take(page: Path, picture: Path, fragment: str = "") -> None:
    """Show 1,280 by 960 pixels in the light scheme: the first screen, or where the fragment of the address leads."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Chromium(Path(profile))
        try:
            browser.prefer("light")
            browser.size(1280, 960)
            browser.send("Emulation.setScrollbarsHidden", hidden=True)
            browser.open(page.absolute(), fragment)
            browser.picture(picture)
        finally:
            browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
