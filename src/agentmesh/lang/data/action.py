"""What an ``action.yml`` may hold, and which contexts and functions expressions may use where.

From "Metadata syntax for GitHub Actions" of GitHub's documentation and the schema that GitHub
publishes with ``@actions/workflow-parser``. Read by :mod:`agentmesh.lang.parse.check`.
"""

from __future__ import annotations

from agentmesh.lang.schema import COMMON, Keys, Kind, Table

ROOT = "action"

NODES = ("node12", "node16", "node20", "node24")
"""Values of ``runs.using`` for JavaScript actions."""

_STEP = (
    "github",
    "inputs",
    "strategy",
    "matrix",
    "steps",
    "job",
    "runner",
    "env",
    "hashFiles(1,255)",
)
_STATUS = ("always(0,0)", "cancelled(0,0)", "failure(0,0)", "success(0,0)")
_RUNS_IF = ("runner", "github", "job", "strategy", "matrix", "env", "inputs", "hashFiles(1,255)")

_STEP_COMMON = {
    "name": "step-text",
    "id": "filled",
    "if": "step-if",
    "env": "step-map",
    "continue-on-error": "step-boolean",
}

ACTION: Table = {
    **COMMON,
    "action": Kind(
        keys=(
            Keys(
                {
                    "name": "filled",
                    "author": "text",
                    "description": "text",
                    "inputs": "inputs",
                    "outputs": "outputs",
                    "runs": "runs",
                    "branding": "any",
                },
                ("runs",),
                "any",
                advised=("name", "description"),
            ),
        )
    ),
    "inputs": Kind(keys=(Keys(others="input"),)),
    "input": Kind(
        keys=(
            Keys(
                {
                    "description": "text",
                    "required": "required",
                    "default": "input-default",
                    "deprecationMessage": "text",
                },
                (),
                "any",
            ),
        )
    ),
    "input-default": Kind(
        text=True, names=("github", "strategy", "matrix", "job", "runner", "hashFiles(1,255)")
    ),
    "required": Kind(boolean=True, soft=True),
    "outputs": Kind(keys=(Keys(others="output"),)),
    "output": Kind(keys=(Keys({"description": "text", "value": "output-value"}),)),
    "output-value": Kind(
        text=True,
        names=("github", "strategy", "matrix", "steps", "inputs", "job", "runner", "env"),
    ),
    "runs": Kind(
        keys=(
            Keys(
                {
                    "using": "using",
                    "image": "filled",
                    "entrypoint": "filled",
                    "args": "docker-args",
                    "env": "docker-env",
                    "pre-entrypoint": "filled",
                    "pre-if": "runs-if",
                    "post-entrypoint": "filled",
                    "post-if": "runs-if",
                },
                ("using", "image"),
                told_by=("using", ("docker",)),
            ),
            Keys(
                {
                    "using": "using",
                    "main": "filled",
                    "pre": "filled",
                    "pre-if": "runs-if",
                    "post": "filled",
                    "post-if": "runs-if",
                },
                ("using", "main"),
                told_by=("using", NODES),
            ),
            Keys(
                {"using": "using", "steps": "steps"},
                ("using", "steps"),
                told_by=("using", ("composite",)),
            ),
        )
    ),
    "using": Kind(words=("docker", "composite", *NODES)),
    "docker-args": Kind(items="docker-text"),
    "docker-text": Kind(text=True, names=("inputs",)),
    "docker-env": Kind(keys=(Keys(others="text"),), names=("inputs",)),
    "runs-if": Kind(text=True, condition=True, names=(*_RUNS_IF, *_STATUS)),
    "steps": Kind(items="step"),
    "step": Kind(
        keys=(
            Keys(
                {
                    **_STEP_COMMON,
                    "run": "step-text",
                    "shell": "step-text",
                    "working-directory": "step-text",
                },
                ("run", "shell"),
            ),
            Keys({**_STEP_COMMON, "uses": "filled", "with": "step-map"}, ("uses",)),
        )
    ),
    "step-text": Kind(text=True, names=_STEP),
    "step-boolean": Kind(boolean=True, names=_STEP),
    "step-map": Kind(keys=(Keys(others="text"),), names=_STEP),
    "step-if": Kind(text=True, condition=True, names=(*_STEP, *_STATUS)),
}
"""Name → kind; the file as a whole is of the kind ``action``."""
