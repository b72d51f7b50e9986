"""``agentmesh lint``: from paths, or from one text, to problems.

Called by :mod:`agentmesh.cli.commands.lint`. Reads the files, holds each against the grammar, the
rules of :mod:`agentmesh.lang.rules` and the workflows that it calls, and takes back what comments
take back. With ``fix`` it mends what can be mended safely, and checks again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import msgspec

from agentmesh.app.forked import LEAST, spread
from agentmesh.app.lint_around import Around, Places, text_of
from agentmesh.app.lint_files import WORKFLOWS, files_of, is_action, repository_root, unreadable
from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Problem, Severity, Span, ordered
from agentmesh.lang.calls import check_calls
from agentmesh.lang.model import Workflow
from agentmesh.lang.parse import Parsed, read, workflow
from agentmesh.lang.rules import findings
from agentmesh.lang.rules.ignore import ignores, without_ignored
from agentmesh.lang.rules.source import Kind, Source

__all__ = ["Report", "RuleInfo", "lint", "lint_text", "repository_root", "rule_page", "rules"]

MAX_PASSES = 10
"""How often a file is mended: one mend may make room for the next, but they end."""

Tools = Callable[[Sequence[Source]], Iterable[Problem]]
"""Other programs with findings of their own about files."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What lint found. ``sources`` holds the text of each file that has a problem, ``fixed`` what
    was a problem and has been mended."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]
    sources: dict[str, str]
    fixed: tuple[Problem, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether GitHub would refuse one of the files."""
        return any(problem.severity == "error" for problem in self.problems)


class RuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A rule for those who print one: its page is Markdown."""

    id: str
    severity: Severity
    summary: str
    page: str


def lint(
    paths: Sequence[str],
    directory: str,
    *,
    fix: bool = False,
    places: Places | None = None,
    tools: Tools | None = None,
) -> Report:
    """Check files, and the files that folders hold; relative paths start at ``directory``.

    Without paths: the workflows and actions of the repository around ``directory``. Files are
    named as the paths name them. Raises WorkflowError for a path that is not there, that cannot be
    read, or with ``fix`` written, and where there is nothing to check.
    """
    files = files_of(paths, directory)
    if not files:
        raise WorkflowError(
            "there are no workflow or action files to check",
            remedy="name files, or a folder that holds .github/workflows or an action.yml",
        )
    reading = _Reading(directory, places or Places(), tools)
    fixed: list[Problem] = []
    if fix:
        for file in files:
            fixed += reading.mend(file)
    return reading.report(files, fixed)


def lint_text(
    text: str,
    path: str,
    directory: str,
    *,
    places: Places | None = None,
    tools: Tools | None = None,
) -> Report:
    """Check a text that is not saved yet, as if it stood at ``path``, which need not exist."""
    reading = _Reading(directory, places or Places(), tools)
    reading.texts[path] = text
    return reading.report([path], [])


def rule_page(rule: str) -> str | None:
    """What a rule means, as Markdown; None where there is no such rule."""
    return next((info.page for info in rules((rule,))), None)


def rules(ids: Iterable[str] | None = None) -> list[RuleInfo]:
    """The rules with these ids, or all there are, sorted by id; unknown ids are left out."""
    from agentmesh.lang.rules import catalogue

    known = catalogue.rules(ids)
    return [
        RuleInfo(id=rule.id, severity=rule.severity, summary=rule.summary, page=page)
        for rule, page in known
    ]


class _Reading:
    """Reads each file once, be it checked or called."""

    def __init__(self, directory: str, places: Places, tools: Tools | None) -> None:
        self.directory = directory
        self.around = Around(places)
        self.tools = tools
        self.texts: dict[str, str] = {}
        self.workflows: dict[str, Workflow | None] = {}
        self.sources: dict[str, Source] = {}

    def report(self, files: Sequence[str], fixed: Sequence[Problem]) -> Report:
        """Everything that is wrong with the files, with what comments take back left out."""
        if len(files) < 2 * LEAST:
            found = self.found(files)
        else:
            findings.modules()  # so that copies of this process need not import them
            for file in files:
                self._text(file)
            results = spread(files, lambda part: msgspec.json.encode(self.found(part)))
            decode = msgspec.json.Decoder(list[Problem]).decode
            found = [problem for result in results for problem in decode(result)]
        problems = ordered(found)
        return Report(
            files=tuple(files),
            problems=problems,
            sources={name: self.texts.get(name, "") for name in {p.span.file for p in problems}},
            fixed=tuple(fixed),
        )

    def found(self, files: Sequence[str]) -> list[Problem]:
        """What is wrong with some of the files."""
        by_file: dict[str, list[Problem]] = {file: list(self.problems(file)) for file in files}
        absent: tuple[str, ...] = ("zizmor/", "shellcheck/")
        if self.tools is not None:
            absent = ()
            for problem in self.tools([self.sources[f] for f in files if f in self.sources]):
                by_file.setdefault(problem.span.file, []).append(problem)
        return [
            problem
            for file, found in by_file.items()
            for problem in without_ignored(
                found, ignores(self.texts.get(file, ""), file), looked_for=absent
            )
        ]

    def problems(self, file: str) -> tuple[Problem, ...]:
        """All that is wrong with one file, its calls included."""
        text = self._text(file)
        if isinstance(text, Problem):
            return (text,)
        kind: Kind = "action" if is_action(file) else "workflow"
        parsed = read(text, file, kind)
        source = self._source(text, file, kind, parsed)
        found = (*parsed.problems, *findings.check(source))
        if source.workflow is None or parsed.failed:
            return found
        self.workflows[self._absolute(file)] = source.workflow
        if all(job.uses is None for job in source.jobs):
            return found
        return found + check_calls(source.workflow, self._called)

    def mend(self, file: str) -> list[Problem]:
        """Mends a file on disk as far as that is safe; what was mended."""
        text = self._text(file)
        if isinstance(text, Problem):
            return []
        kind: Kind = "action" if is_action(file) else "workflow"
        mended: list[Problem] = []
        for _ in range(MAX_PASSES):
            now = self._mended(text, file, kind)
            if now is None:
                break
            text, problems = now
            mended += problems
        if mended:
            _write(self._absolute(file), text, file)
            self.texts[file] = text
        return mended

    def _mended(self, text: str, file: str, kind: Kind) -> tuple[str, tuple[Problem, ...]] | None:
        """A text with one round of mends, or None where there is nothing more to mend."""
        from agentmesh.lang.rules.edit import apply

        parsed = read(text, file, kind)
        source = self._source(text, file, kind, parsed)
        wanted = without_ignored(findings.check(source), ignores(text, file))
        mended = findings.mend(source, wanted)
        if not mended.edits:
            return None
        changed = apply(source.text, mended.edits)
        if text.startswith("\ufeff"):
            changed = "\ufeff" + changed
        # A mend that GitHub would refuse is none.
        if read(changed, file, kind).failed and not parsed.failed:
            return None
        return changed, mended.problems

    def _source(self, text: str, file: str, kind: Kind, parsed: Parsed) -> Source:
        root = repository_root(self._absolute(file)) or self.directory
        around = self.around.surroundings(root, lambda uses: self._called(uses, file))
        source = Source(text, file, kind, parsed.root, parsed.value, around)
        self.sources[file] = source
        return source

    def _called(self, uses: str, caller: str) -> Workflow | str | None:
        """The workflow that a job calls, where it can be had without asking anybody."""
        root = repository_root(self._absolute(caller)) or self.directory
        if not uses.startswith(("./", "$/")):
            return self._fetched(uses)
        if "@" in uses:
            return None
        path = os.path.normpath(os.path.join(root, uses[2:]))
        if path not in self.workflows:
            if not os.path.isfile(path):
                inside = self._absolute(caller).startswith(os.path.join(root, WORKFLOWS) + os.sep)
                return f"Unable to find reusable workflow '{uses}'" if inside else None
            text = self._text(os.path.relpath(path, self.directory))
            # What is wrong with a called file is told when it is checked itself.
            found = None if isinstance(text, Problem) else workflow(text, path)[0]
            self.workflows[path] = found
        return self.workflows[path]

    def _fetched(self, uses: str) -> Workflow | None:
        """A workflow of another repository that has been fetched before."""
        name, _, ref = uses.partition("@")
        parts = name.split("/", 2)
        folder = self.around.folder("/".join(parts[:2]), ref) if ref and len(parts) == 3 else ""
        if not folder:
            return None
        path = os.path.join(folder, parts[2])
        if path not in self.workflows:
            text = text_of(path)
            self.workflows[path] = None if text is None else workflow(text, path)[0]
        return self.workflows[path]

    def _absolute(self, file: str) -> str:
        return os.path.normpath(os.path.join(self.directory, file))

    def _text(self, file: str) -> str | Problem:
        if file in self.texts:
            return self.texts[file]
        try:
            with open(self._absolute(file), "rb") as opened:
                data = opened.read()
        except OSError as error:
            raise unreadable(file, error) from error
        try:
            self.texts[file] = data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(errors="ignore")
            line = before.count("\n") + 1
            column = len(before) - (before.rfind("\n") + 1) + 1
            self.texts[file] = data.decode(errors="replace")
            return Problem(
                rule="yaml-character",
                span=Span(file, line, column),
                message="The file is not encoded in UTF-8",
                help="Save it as UTF-8.",
            )
        return self.texts[file]


def _write(path: str, text: str, file: str) -> None:
    """The whole file anew, or not at all, with the permissions that it has; links stay links."""
    target = os.path.realpath(path)
    temporary = f"{target}.{os.urandom(4).hex()}.tmp"
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except OSError as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise WorkflowError(
            f"{file} cannot be mended: {error.strerror}", remedy="make it writable"
        ) from error
