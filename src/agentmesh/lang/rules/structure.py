"""Pages of the rules that the grammar follows: what each id stands for.

Read by :mod:`agentmesh.lang.rules.catalogue`. The findings themselves are made by
:mod:`agentmesh.lang.yaml`, :mod:`agentmesh.lang.parse` and :mod:`agentmesh.lang.calls` while a file
is read. Examples are whole files, jobs, or steps; a test finds each rule in its bad example and not
in its good one.
"""

from __future__ import annotations

from agentmesh.core.problem import Severity

_UNWISE = frozenset(
    ("concurrency-deadlock", "constant-condition", "job-steps", "matrix-duplicate", "short-sha")
)
"""Rules whose findings GitHub runs; those of all others it refuses."""


def severity(rule: str) -> Severity:
    """How bad the findings of a rule of this module are; some are milder in an action."""
    return "warning" if rule in _UNWISE else "error"


def _page(what: str, bad: str = "", good: str = "", remedy: str = "") -> str:
    examples = [
        f"{title}:\n\n```yaml\n{example.strip()}\n```"
        for title, example in (("Bad", bad), ("Good", good))
        if example
    ]
    return "\n\n".join([what, *examples, *([f"Remedy: {remedy}"] if remedy else [])]) + "\n"


UNUSED_IGNORE = _page(
    "A comment takes back a finding that is not there.\n\n"
    "What it was about has been mended, or its rule is misspelt; it would hide a finding that "
    "comes later and was never looked at.",
    "- run: make # agentmesh: ignore[deprecated-command] for the old runner",
    "- run: make",
    "remove the comment.",
)
IGNORE_REASON = _page(
    "A comment takes a finding back without saying why.\n\n"
    "Whoever reads it later cannot tell whether it still holds.",
    '- run: echo "::set-output name=x::1" # agentmesh: ignore[deprecated-command]',
    '- run: echo "::set-output name=x::1" # agentmesh: ignore[deprecated-command] an old runner',
    "write the reason behind the bracket.",
)

PAGES: dict[str, str] = {
    "ambiguous-mapping": _page(
        "A mapping could be one of several things, and has none of the keys that tell.\n\n"
        "A step runs a script or uses an action; a job has `runs-on`, or `uses` to call one.",
        "- name: Nothing to do",
        "- name: Something to do\n  run: make",
        "add one of the keys that the message names.",
    ),
    "call-depth": _page(
        "Workflows call each other in a longer row than GitHub follows.\n\n"
        "Up to ten workflows may stand in a row, the first one included, so a workflow must not "
        "call itself either.",
        remedy="let the calling workflow call both, instead of one through the other.",
    ),
    "call-input": _page(
        "A call of a workflow passes an input that it does not declare, or leaves out one that it "
        "requires, or passes a value of another type.\n\nInputs are declared in "
        "`on.workflow_call.inputs` of the called workflow.",
        remedy="pass what is declared, under the name and with the type that are declared.",
    ),
    "call-missing": _page(
        "A job calls a workflow of this repository that is not there.\n\n"
        "`./` stands for the root of the repository, wherever the calling file lies.",
        remedy="correct the path, which is `./.github/workflows/` and the name of a file.",
    ),
    "call-permissions": _page(
        "A called workflow asks for more permissions than the calling job has.\n\n"
        "A token may lose permissions on its way into a called workflow, and never gain any.",
        remedy="grant them in `permissions` of the calling job, or ask for less.",
    ),
    "call-secret": _page(
        "A call of a workflow passes a secret that it does not declare, or leaves out one that it "
        "requires.\n\nSecrets are declared in `on.workflow_call.secrets` of the called workflow.",
        remedy="pass what is declared, or write `secrets: inherit`.",
    ),
    "call-trigger": _page(
        "A job calls a workflow that cannot be called.\n\n"
        "Only workflows with `workflow_call` under `on` can.",
        remedy="add `workflow_call` to `on` of the called workflow.",
    ),
    "concurrency-deadlock": _page(
        "A job is in the concurrency group of its own workflow, and would wait for it to end.\n\n"
        "A run holds the group of its workflow until all its jobs are done.",
        "on: push\nconcurrency: deploy\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
        "    concurrency: deploy\n    steps:\n      - run: make",
        "on: push\nconcurrency: deploy\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
        "    steps:\n      - run: make",
        "give the job a group of its own, or none.",
    ),
    "concurrency": _page(
        "Two settings of a concurrency group contradict each other.\n\n"
        "`queue: max` keeps every waiting run, `cancel-in-progress: true` none.",
        "on: push\nconcurrency: {group: a, queue: max, cancel-in-progress: true}\njobs:\n  a:\n"
        "    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "on: push\nconcurrency: {group: a, queue: max}\njobs:\n  a:\n"
        "    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "remove one of the two.",
    ),
    "condition": _page(
        "An `if` that is no expression that GitHub can read.\n\n"
        "A condition is an expression with or without `${{ }}` around it. Texts stand in single "
        "quotes, and only the contexts and functions of that place are known.",
        '- if: github.ref == "main"\n  run: make',
        "- if: github.ref == 'refs/heads/main'\n  run: make",
        "correct the expression at the position that the message names.",
    ),
    "container": _page(
        "A container without an image.\n\n"
        "An empty image is an error for a service; for a job's `container` it means none.",
        "runs-on: ubuntu-latest\nservices: {db: {image: ''}}\nsteps:\n  - run: make",
        "runs-on: ubuntu-latest\nservices: {db: {image: 'redis:8'}}\nsteps:\n  - run: make",
        "name an image.",
    ),
    "cron": _page(
        "A schedule that is no cron expression that GitHub takes.\n\n"
        "Five fields: minute, hour, day of the month, month, day of the week. Names of months and "
        "days have three letters; `@daily` and its like, `L`, `W` and `?` are unknown.",
        "on:\n  schedule:\n    - cron: '0 25 * * *'",
        "on:\n  schedule:\n    - cron: '0 5 * * *'",
        "write five fields within their bounds.",
    ),
    "duplicate-key": _page(
        "A mapping has the same key twice, and only one of them could count.\n\nKeys ignore case.",
        "- run: make\n  env: {A: 1}\n  env: {B: 2}",
        "- run: make\n  env: {A: 1, B: 2}",
        "put both together, or remove one.",
    ),
    "empty-file": _page(
        "A file without content.\n\nGitHub lists it as a workflow that is broken.",
        remedy="write a workflow into it, or remove it.",
    ),
    "expression": _page(
        "An expression in `${{ }}` that GitHub cannot read.\n\n"
        "The message names what is not understood and its position within the expression. Unknown "
        "contexts and functions and wrong numbers of arguments are errors too, even in a branch "
        "that is never taken; a context may be known elsewhere and not at this key.",
        "- run: echo ${{ githb.sha }}",
        "- run: echo ${{ github.sha }}",
        "correct the expression.",
    ),
    "expression-not-allowed": _page(
        "An expression where GitHub evaluates none.\n\n"
        "Triggers, ids, `uses`, `needs` and the names of jobs are read before anything is known.",
        "- uses: actions/checkout@${{ 'v6' }}",
        "- uses: actions/checkout@v6",
        "write the value itself.",
    ),
    "input-default": _page(
        "The default of an input is of another type than the input.\n\n"
        "`true` without quotes is a boolean, with quotes it is a text.",
        "on:\n  workflow_dispatch:\n    inputs:\n      fast: {type: boolean, default: 'true'}",
        "on:\n  workflow_dispatch:\n    inputs:\n      fast: {type: boolean, default: true}",
        "write a default of the input's type.",
    ),
    "input-options": _page(
        "An input with options that is no choice, or a choice without options.\n\n"
        "`options` belong to inputs of the type `choice`, and to no others.",
        "on:\n  workflow_dispatch:\n    inputs:\n      where: {type: choice}",
        "on:\n  workflow_dispatch:\n    inputs:\n      where: {type: choice, options: [a, b]}",
        "add `options`, or `type: choice`.",
    ),
    "job-id": _page(
        "The id of a job has characters that GitHub does not take.\n\n"
        "Letters, digits, `-` and `_`, a letter or `_` first, fewer than 100; `__` at the start is "
        "reserved. What people read is the job's `name`.",
        "on: push\njobs:\n  build it:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "on: push\njobs:\n  build-it:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "choose another id.",
    ),
    "job-needs": _page(
        "A job needs one that is not there, or jobs need each other in a circle.\n\n"
        "Names in `needs` are ids of jobs of the same workflow.",
        "on: push\njobs:\n  a:\n    needs: biuld\n    runs-on: ubuntu-latest\n    steps: []\n"
        "  build:\n    runs-on: ubuntu-latest\n    steps: [{run: b}]",
        "on: push\njobs:\n  a:\n    needs: build\n    runs-on: ubuntu-latest\n    steps: []\n"
        "  build:\n    runs-on: ubuntu-latest\n    steps: [{run: b}]",
        "correct the name, or break the circle.",
    ),
    "job-steps": _page(
        "A job without steps.\n\nGitHub starts a machine for it, which then does nothing.",
        "runs-on: ubuntu-latest",
        "runs-on: ubuntu-latest\nsteps:\n  - run: make",
        "give it steps, or remove it.",
    ),
    "job-uses": _page(
        "A job calls a workflow by a path that GitHub does not take.\n\n"
        "`./.github/workflows/FILE.yml` is a workflow of this repository at this commit, "
        "`OWNER/REPO/.github/workflows/FILE.yml@REF` one of another.",
        "uses: octo/tools/.github/workflows/build.yml",
        "uses: octo/tools/.github/workflows/build.yml@v1",
        "write one of the two forms.",
    ),
    "mapping-key": _page(
        "The key of a mapping is itself a mapping or a sequence.\n\n"
        "Mostly braces that were meant as text.",
        "- run: make\n  env:\n    {a: b}: c",
        "- run: make\n  env:\n    '{a: b}': c",
        "quote a key that starts with a brace or a bracket.",
    ),
    "matrix": _page(
        "A matrix without cells: no axis and nothing to include, or an axis without values.\n\n"
        "An axis that an expression computes is looked at when the job starts.",
        "runs-on: ubuntu-latest\nstrategy: {matrix: {os: []}}\nsteps:\n  - run: make",
        "runs-on: ubuntu-latest\nstrategy: {matrix: {os: [linux]}}\nsteps:\n  - run: make",
        "give it a value, or remove it.",
    ),
    "matrix-duplicate": _page(
        "An axis of a matrix has the same value twice, so the same job runs twice.\n\n"
        "Values ignore case, and `3` and `'3'` are the same.",
        "runs-on: ubuntu-latest\nstrategy: {matrix: {v: [1, 1]}}\nsteps:\n  - run: make",
        "runs-on: ubuntu-latest\nstrategy: {matrix: {v: [1, 2]}}\nsteps:\n  - run: make",
        "remove one of them.",
    ),
    "missing-property": _page(
        "A mapping lacks a key that it must have.\n\n"
        "A workflow needs `on` and `jobs`, a job `runs-on` or `uses`, an action `runs`. An action "
        "without a name or a description runs, so that is a warning.",
        "on:\n  schedule:\n    - timezone: Europe/Paris",
        "on:\n  schedule:\n    - {cron: '0 5 * * *', timezone: Europe/Paris}",
        "add the key.",
    ),
    "no-trigger": _page(
        "A workflow that no event starts.\n\n`on` is there and empty.",
        "on: []\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "on: [push]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "name an event, such as push.",
    ),
    "runs-on": _page(
        "The name of a group of runners that GitHub does not take.\n\n"
        "A group is named alone, or with `organization/` or `enterprise/` in front.",
        "runs-on: {group: mine/linux}\nsteps:\n  - run: make",
        "runs-on: {group: organization/linux}\nsteps:\n  - run: make",
        "write one of these forms.",
    ),
    "short-sha": _page(
        "The version of an action looks like a shortened commit.\n\n"
        "GitHub finds branches, tags and full commit ids; a short one is none of these.",
        "- uses: actions/checkout@8f4b7f84",
        "- uses: actions/checkout@8f4b7f84864484a7bf31766abe9204da3cbe65b3",
        "write all 40 characters.",
    ),
    "step-id": _page(
        "The id of a step is used twice, or has characters that GitHub does not take.\n\n"
        "Letters, digits, `-` and `_`, a letter or `_` first; `__` at the start is reserved. Ids "
        "ignore case.",
        "- {id: a, run: make}\n- {id: A, run: make test}",
        "- {id: a, run: make}\n- {id: b, run: make test}",
        "choose another id.",
    ),
    "step-parallel": _page(
        "A block of parallel steps holds what it cannot, or too many steps.\n\n"
        "Its steps run in the background by themselves; up to ten may, and blocks do not nest.",
        "- parallel:\n    - {run: make, background: true}",
        "- parallel:\n    - {run: make}",
        "leave out what the message names, or split the block.",
    ),
    "step-target": _page(
        "A step waits for, or cancels, a step that is not there before it.\n\n"
        "`wait` and `cancel` name ids of earlier steps of the same job.",
        "- {id: server, run: make serve, background: true}\n- wait: sever",
        "- {id: server, run: make serve, background: true}\n- wait: server",
        "correct the id.",
    ),
    "step-uses": _page(
        "A step uses an action by a name that GitHub does not take.\n\n"
        "`OWNER/REPO[/PATH]@REF`, `./PATH` for a folder of the workspace, or `docker://IMAGE`.",
        "- uses: actions/checkout",
        "- uses: actions/checkout@v6",
        "write one of these forms; a version is always needed.",
    ),
    "trigger-filter": _page(
        "An event has a filter and its `-ignore` form, of which GitHub takes one.",
        "on:\n  push:\n    branches: [main]\n    branches-ignore: [wip]",
        "on:\n  push:\n    branches: [main, '!wip']",
        "write what to leave out as a pattern with `!`.",
    ),
    "unexpected-key": _page(
        "A key that GitHub does not know at this place.\n\n"
        "It is misspelt, or indented under the wrong key.",
        "runs-on: ubuntu-latest\nsteps:\n  - run: make\ntimeout-minute: 5",
        "runs-on: ubuntu-latest\nsteps:\n  - run: make\ntimeout-minutes: 5",
        "correct it, or move it.",
    ),
    "unexpected-mapping": _page(
        "A mapping where GitHub expects a text, a number or a list.",
        "- run: {make: all}",
        "- run: make all",
        "write a value of the kind that belongs there.",
    ),
    "unexpected-sequence": _page(
        "A list where GitHub expects one value or a mapping.",
        "- run: [make, all]",
        "- run: make all",
        "write a value of the kind that belongs there.",
    ),
    "unexpected-value": _page(
        "A value that GitHub does not take at this place.\n\n"
        "It is none of the words that are known there, or a text where a boolean or a number "
        "belongs.",
        "on: pusj\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "write one of the values that the message or the remedy names.",
    ),
    "yaml-anchor": _page(
        "An alias of an anchor that is not there, or that contains itself.",
        "- run: make\n  env: *common",
        "- run: make\n  env: &common {A: 1}\n- run: make test\n  env: *common",
        "define the anchor before its use.",
    ),
    "yaml-character": _page(
        "A file that is not UTF-8, or holds a control character.\n\nYAML allows neither.",
        remedy="save the file as UTF-8, and remove or escape the character.",
    ),
    "yaml-document": _page(
        "A file of several YAML documents, of which GitHub reads one.",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: []\n---\na: 1",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make",
        "move each to a file of its own.",
    ),
    "yaml-limit": _page(
        "A file that is larger, deeper, or by its aliases more, than GitHub reads.\n\n"
        "A million characters, 50 collections within each other, 50,000 nodes for all aliases.",
        remedy="split the file.",
    ),
    "yaml-syntax": _page(
        "A file that is no YAML.\n\nMostly wrong indentation, or a text that needs quotes.",
        '- run: echo "a": b: c',
        "- run: 'echo \"a\": b: c'",
        "correct the line that the message names, or the one above it.",
    ),
    "yaml-tag": _page(
        "A tag that GitHub does not know, or that does not fit its value.",
        "- run: !!bool make",
        "- run: make",
        "remove the tag.",
    ),
}
"""Id → page, the first line its gist."""
