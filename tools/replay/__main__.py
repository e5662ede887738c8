"""`python -m tools.replay`."""

from __future__ import annotations

import sys

from tools.replay.main import main

sys.exit(main())
