import sys

from layersearch_torch.cli import main

sys.exit(main())
