"""Take the picture of the report that README shows.

python -m tests.report.picture reports/index.html docs/report.png
"""

import sys
import tempfile
from pathlib import Path

from tests.report.chromium import Chromium


def take(page: Path, picture: Path) -> None:
    """Show the first screen, 1,280 by 960 pixels, in the light scheme."""
    with tempfile.TemporaryDirectory() as profile:
        browser = Chromium(Path(profile))
        try:
            browser.prefer("light")
            browser.size(1280, 960)
            browser.send("Emulation.setScrollbarsHidden", hidden=True)
            browser.open(page.absolute())
            browser.picture(picture)
        finally:
            browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
