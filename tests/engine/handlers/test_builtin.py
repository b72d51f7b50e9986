"""The context that built-in actions get, on a real job."""

from __future__ import annotations

import asyncio
import os

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import Annotated, Event, Logged, Summarized
from agentmesh.engine.handlers.builtin import not_inside
from agentmesh.executors.docker.mounts import Mounts
from agentmesh.ports.action import Meta, no_post

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


def builtin(work, post=None):
    """A built-in action of a function."""

    class Made:
        META = Meta(names=("o/b",), summary="", has_post=post is not None)
        run = staticmethod(work)

    Made.post = staticmethod(post or no_post)
    return {"o/b": Made}


def test_an_action_reaches_the_log_the_environment_and_the_path(run_job):
    async def work(inputs, ctx):
        ctx.mask("hunter22")
        ctx.say("I know hunter22")
        ctx.export("E", "exported")
        ctx.add_path(ctx.dirs.temp)
        ctx.summarize("# done hunter22\n")
        ctx.annotate("warning", "careful\nhunter22", file="f.py", line=3)
        done = await ctx.run(("sh", "-c", "echo $X; pwd; exit 3"), env={"X": "x"})
        quiet = await ctx.run(("echo", "unseen"), quiet=True)
        here = await ctx.in_thread(lambda a: a + 1, 1)
        return {"code": str(done.code), "quiet": quiet.output.strip(), "n": str(here)}

    outcome = run_job(
        HEAD + "      - {id: b, uses: o/b@v1}\n"
        "      - run: echo $E ${PATH%%:*} ${{ join(steps.b.outputs.*, '-') }}\n",
        builtins=builtin(work),
    )
    log = outcome.log("Run o/b@v1")
    assert log[0] == "I know ***"
    assert log[1:3] == ["##[warning]careful", "##[warning]***"]
    assert log[3] == "x"
    assert "unseen" not in log
    assert [s.text for s in outcome.of(Summarized)] == ["# done ***\n"]
    (note,) = outcome.of(Annotated)
    assert (note.message, note.file, note.line) == ("careful\n***", "f.py", 3)
    exported, first, outputs = outcome.log()[-1].split()
    assert (exported, outputs) == ("exported", "3-unseen-2")
    assert first.endswith("/temp")


def test_an_error_of_an_action_fails_its_step_with_the_remedy(run_job):
    async def work(inputs, ctx):
        raise AgentmeshError("it is broken", remedy="mend it")

    outcome = run_job(
        HEAD + "      - {continue-on-error: true, uses: o/b@v1}\n      - run: echo next\n",
        builtins=builtin(work),
    )
    assert outcome.log() == ["##[error]it is broken — mend it", "next"]
    assert outcome.result.conclusion == "success"


def test_state_is_kept_for_post_which_knows_how_the_job_went(run_job):
    async def work(inputs, ctx):
        ctx.state["k"] = "v"
        return {}

    async def post(inputs, ctx):
        ctx.say(f"{ctx.state['k']} {ctx.job_status}")

    outcome = run_job(
        HEAD + "      - uses: o/b@v1\n      - run: 'false'\n", builtins=builtin(work, post)
    )
    assert outcome.log("Post Run o/b@v1") == ["v failure"]


def test_an_action_is_cancelled_with_its_job(run_job):
    async def work(inputs, ctx):
        ctx.say("up")
        await asyncio.sleep(600)
        return {}

    def cancel(source, event: Event) -> None:
        if isinstance(event, Logged):
            source.cancel("interrupted")

    outcome = run_job(HEAD + "      - uses: o/b@v1\n", builtins=builtin(work), during=cancel)
    assert outcome.steps == {"Run o/b@v1": "cancelled"}


def test_programs_that_a_container_cannot_see_are_found(tmp_path):
    session = Mounts([(str(tmp_path / "job"), "/__w")])
    seen, unseen = tmp_path / "job/seen", tmp_path / "job/unseen"
    for folder in (seen, unseen):
        folder.mkdir(parents=True)
    (seen / "own").touch()
    (seen / "tool").symlink_to(seen / "own")
    (unseen / "tool").symlink_to("/bin/sh")
    assert not_inside(str(seen), session) == ""
    assert not_inside(str(tmp_path / "job/later"), session) == ""
    assert not_inside(str(unseen), session) == os.path.realpath("/bin/sh")
    assert not_inside("/usr/bin", session) == "/usr/bin"
