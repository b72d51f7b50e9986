"""Pages of the rules that the parser follows: what each id stands for.

Read by :mod:`agentmesh.app.lint` for ``agentmesh explain`` and by the generator of the reference.
The findings themselves are made by :mod:`agentmesh.lang.yaml`, :mod:`agentmesh.lang.parse` and
:mod:`agentmesh.lang.calls` while a file is read; all but those that say otherwise are errors.
"""

from __future__ import annotations

PAGES: dict[str, str] = {}
"""Id → page, the first line its gist."""
