"""The programmes to begin with (``b2c``, ``stamps``, ``steel``), as files that come with the package; ``examples/programmes`` has
the same to look at."""

from functools import partial

from regulars.storage import examples as kept

examples = partial(kept.examples, "regulars.core.programme")
example = partial(kept.example, "regulars.core.programme")
