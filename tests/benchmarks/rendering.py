"""What it costs to write 1,000 reports in each format: the sample reports, with one call for each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice

from measure import HERE, Line

REPORTS = 1000
SECONDS = 2.0


def formats() -> Iterator[Line]:
    """The student's view of each report and its text; CPU seconds, as another process may be at work."""
    sys.path.append(str(HERE.parent))  # the samples and the formats are the tests'
    from d2l_kit.report.view import student_view
    from report_goldens import goldens
    from reports_samples import samples

    reports = list(islice(cycle(samples()), REPORTS))
    for golden in goldens():
        start = time.process_time()
        size = sum(len(golden.format.render(student_view(report), golden.options)) for report in reports)
        seconds = time.process_time() - start
        yield Line(f"{REPORTS:,} reports as {golden.folder}", seconds, SECONDS, "s", f"{size / 1e6:.1f} MB")
