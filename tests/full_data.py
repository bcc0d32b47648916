"""Where the full files lie on this machine, if they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fashion import places, sources

# When this module is imported no test has run yet, so these are the user's own places.
PLACES = places.places()


def folder() -> Path:
    """Return a folder with all four files, or skip the test that asks."""
    for place in PLACES:
        if all((place / source.name).is_file() for source in sources.FILES):
            return place
    pytest.skip("the four full files are not on this machine")
