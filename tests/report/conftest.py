"""One browser a module."""

import pytest

from tests.report.chromium import Chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
