"""How jobs and steps end.

``outcome`` is what happened, ``conclusion`` what counts after ``continue-on-error`` (runner ADR
0274): a failed step that may fail has the outcome ``failure`` and the conclusion ``success``.
"""

from __future__ import annotations

from typing import Literal

Conclusion = Literal["success", "failure", "cancelled", "skipped"]
