"""``agentmesh explain``: why an expression has its value, why a job ended so, what a rule is about.

Exit codes: 0; 1 where an expression has no value; 2 for a name that nobody knows. With ``--json``
one document, whose ``type`` is expression, job, plan or rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Literal

import click

from agentmesh.app.settings import Settings
from agentmesh.cli.context import pass_settings
from agentmesh.cli.options import arguments, run_options
from agentmesh.core.errors import AgentmeshError, WorkflowError

if TYPE_CHECKING:
    from agentmesh.app.arguments import RunArguments
    from agentmesh.app.explain import Story
    from agentmesh.lang.expr.values import Value

Kind = Literal["expr", "job", "rule"]


class _Options(click.Command):
    """The options of a run, without its argument: what is explained stands in its place."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.params = [p for p in self.params if p.name != "workflows"]


@click.command(cls=_Options, context_settings={"ignore_unknown_options": True})
@click.argument("what", metavar="EXPR|JOB|RULE")
@click.option(
    "--as", "kind", type=click.Choice(["expr", "job", "rule"]), help="What it is, if in doubt."
)
@click.option("--run", metavar="RUN", help="Explain a job of this run (default: the last with it).")
@click.option(
    "--contexts",
    "contexts_file",
    type=click.File("rb"),
    metavar="FILE",
    help='The contexts of an expression, as JSON: {"github": {…}, …}.',
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@run_options
@pass_settings
def command(
    settings: Settings,
    /,
    what: str,
    kind: Kind | None,
    run: str | None,
    contexts_file: IO[bytes] | None,
    as_json: bool,
    **options: object,
) -> int:
    """Explain an expression, a job, or a rule of lint.

    An expression is shown with the value of each of its parts, and with the parts that were never
    evaluated; its contexts are those of --contexts, or of the event that a run with the same
    options would be for. A job: why it ran, was skipped, failed or was cancelled. A rule: what it
    means. A name that may be several of them is a job first, then a rule.
    """
    if run is not None and kind in ("expr", "rule"):
        raise click.UsageError("--run goes with a job")
    if contexts_file is not None and kind in ("job", "rule"):
        raise click.UsageError("--contexts goes with an expression")
    if run is not None:
        kind = "job"
    elif contexts_file is not None:
        kind = "expr"
    args = arguments(workflows=(), directory=settings.directory, **options)  # type: ignore[arg-type]
    if kind in (None, "job"):
        shown = _job(what, run, args, settings, as_json=as_json)
        if shown is None and kind == "job":
            raise _unknown(what, args, settings, "there is no job")
        if shown is not None:
            click.echo(shown, color=settings.color)
            return 0
    if kind in (None, "rule"):
        shown = _rule(what, as_json=as_json)
        if shown is None and kind == "rule":
            raise _unknown(what, args, settings, "there is no rule")
        if shown is not None:
            click.echo(shown)
            return 0
    return _expression(what, contexts_file, args, settings, as_json=as_json, sure=kind is not None)


def _job(
    name: str, run: str | None, args: RunArguments, settings: Settings, *, as_json: bool
) -> str | None:
    """A job's story, or what a plan says of it; None where nobody knows such a job."""
    from agentmesh.app import explain

    if run is not None:
        return _told(explain.job_of_run(settings, name, run), settings, as_json=as_json)
    told = explain.job_of_last_run(settings, name)
    if told is not None:
        return _told(told, settings, as_json=as_json)
    shown = _planned(name, args, settings, as_json=as_json)
    if shown is None and (told := explain.job_of_last_run(settings, name, anywhere=True)):
        return _told(told, settings, as_json=as_json)
    return shown


def _told(told: Story, settings: Settings, *, as_json: bool) -> str:
    if as_json:
        import msgspec

        return _document({"type": "job", **msgspec.to_builtins(told)})
    from agentmesh.cli.render.explain import story

    return story(told, color=settings.color)


def _planned(name: str, args: RunArguments, settings: Settings, *, as_json: bool) -> str | None:
    from agentmesh.app import explain, outline, plan

    try:
        prepared = plan.prepare(args, settings, plan.secret_names(args, settings))
    except AgentmeshError:
        return None  # what is explained may be no job at all, and need no workflow
    outlined = outline.outline(prepared.plan)
    rows = explain.job_of_plan(outlined.rows, name)
    if not rows:
        return None
    if as_json:
        import msgspec

        jobs = [msgspec.to_builtins(row) for row in rows]
        return _document({"type": "plan", "jobs": jobs})
    from agentmesh.cli.render.explain import planned

    event = f"{prepared.plan.request.github['event_name']} {prepared.plan.request.github['ref']}"
    return planned(rows, outlined, event, color=settings.color)


def _rule(name: str, *, as_json: bool) -> str | None:
    if not name.replace("-", "").isalnum():
        return None  # no id of a rule: spare the time to read them all
    from agentmesh.app.lint import rule_page

    page = rule_page(name)
    if page is None:
        return None
    return _document({"type": "rule", "id": name, "page": page}) if as_json else page.rstrip("\n")


def _expression(
    source: str,
    contexts_file: IO[bytes] | None,
    args: RunArguments,
    settings: Settings,
    *,
    as_json: bool,
    sure: bool,
) -> int:
    from agentmesh.app import explain
    from agentmesh.cli.render import explain as render

    contexts: Mapping[str, Value]
    if contexts_file is not None:
        from agentmesh.app.language import read_contexts, read_text

        path = contexts_file.name
        contexts = read_contexts(read_text(contexts_file, path), path)
    else:
        contexts = explain.contexts_of_event(args, settings)
    explained = explain.expression(source, contexts, settings.directory)
    if explained.error is not None and not sure and _is_name(source):
        raise _unknown(source, args, settings, "there is no job, rule or context")
    if as_json:
        click.echo(_document(render.expression_document(explained)))
    else:
        click.echo(render.expression(explained, color=settings.color), color=settings.color)
    return 1 if explained.failed else 0


def _is_name(text: str) -> bool:
    """Whether a text looks like the name of something rather than an expression."""
    return all(char.isalnum() or char in "-_ ." for char in text)


def _unknown(name: str, args: RunArguments, settings: Settings, says: str) -> WorkflowError:
    from agentmesh.app import explain
    from agentmesh.app.lint import rules
    from agentmesh.lang.expr.parse import CONTEXTS

    jobs = explain.known_jobs(args, settings)
    known = [*jobs, *(rule.id for rule in rules()), *CONTEXTS]
    close = explain.near(name, known)
    hint = f"did you mean {', '.join(close)}? " if close else ""
    named = f"the jobs are {', '.join(jobs[:20])}" if jobs else "no job is known here"
    return WorkflowError(
        f"{says} {name!r}",
        remedy=f"{hint}{named}; agentmesh lint --help tells about rules, and an expression is "
        "written as in a workflow",
    )


def _document(value: object) -> str:
    from agentmesh.lang.expr import jsontext

    return jsontext.write(_plain(value))


def _plain(value: object) -> Value:
    """Builtins as values of expressions, whose JSON knows NaN and lone surrogates."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
