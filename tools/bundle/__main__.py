"""python -m tools.bundle"""

import sys

from tools.bundle.main import main

sys.exit(main(sys.argv[1:]))
