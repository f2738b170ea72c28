"""`python -m d2l_kit`: the same as the command `d2l-kit`."""

import sys

from d2l_kit.cli import main

sys.exit(main())
