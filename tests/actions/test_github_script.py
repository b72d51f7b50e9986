"""``actions/github-script``: real scripts on a real node."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from shutil import which
from typing import Any, ClassVar

import pytest

from agentmesh.actions import github_script
from agentmesh.core.errors import AgentmeshError

pytestmark = pytest.mark.skipif(which("node") is None, reason="there is no node on this machine")


def run(bench: Any, script: str, **given: str) -> Any:
    return bench.use(github_script, script=script, **given)


@pytest.mark.parametrize(
    ("script", "encoding", "result"),
    [
        ("return {a: [1]}", "json", '{"a":[1]}'),
        ("return 'text'", "json", '"text"'),
        ("return 'text'", "string", "text"),
        ("return 3", "string", "3"),
        ("return", "json", ""),
        ("return await Promise.resolve(true)", "json", "true"),
    ],
)
def test_the_result_is_what_the_script_returns(
    bench: Any, script: str, encoding: str, result: str
) -> None:
    assert run(bench, script, result_encoding=encoding).outputs == {"result": result}


def test_core_sets_outputs_variables_and_paths(bench: Any) -> None:
    done = run(
        bench,
        """
        core.setOutput('text', 'a\\nb'); core.setOutput('object', {a: 1}); core.setOutput('no');
        core.exportVariable('NAME', 'value'); core.addPath('/some/where');
        core.setSecret('hidden'); core.info(process.env.NAME);
        core.warning('careful', {file: 'a,b.js', startLine: 3}); core.group('g', async () => 1);
        """,
    )
    assert done.outputs == {"text": "a\nb", "object": '{"a":1}', "no": "", "result": ""}
    assert bench.env["NAME"] == "value"
    assert bench.env["PATH"].startswith("/some/where:")
    assert done.ctx.masked == ["hidden"]
    assert "::warning file=a%2Cb.js,line=3::careful" in done.ctx.log
    assert "::add-mask::hidden" in done.ctx.log
    assert "\nvalue\n" in done.ctx.log


def test_inputs_and_summary(bench: Any) -> None:
    done = run(
        bench,
        """
        await core.summary.addHeading('Title').addTable([[{data: 'H', header: true}], ['c']]).write();
        return [core.getInput('user-agent'), core.getMultilineInput('previews'),
                core.getBooleanInput('debug')]
        """,
        previews="a\n\nb",
    )
    assert json.loads(done.outputs["result"]) == ["actions/github-script", ["a", "b"], False]
    assert done.ctx.summary.startswith("<h1>Title</h1>")
    assert "<th>H</th>" in done.ctx.summary


def test_context_is_the_events(bench: Any) -> None:
    bench.github |= {"event_name": "pull_request", "event": {"pull_request": {"number": 7}}}
    script = "return [context.eventName, context.issue, context.repo, context.payload, context.job]"
    assert json.loads(run(bench, script).outputs["result"]) == [
        "pull_request",
        {"owner": "octo", "repo": "repo", "number": 7},
        {"owner": "octo", "repo": "repo"},
        {"pull_request": {"number": 7}},
        "build",
    ]


def test_require_finds_the_workspaces_modules_and_ours(bench: Any) -> None:
    (bench.workspace / "lib.js").write_text(
        "module.exports = async ({core}) => core.platform.isLinux"
    )
    package = bench.workspace / "node_modules/found"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.x = 5")
    script = """
        const path = require('path'); const {x} = require('found');
        const lib = require('./lib.js');
        return [path.sep, x, await lib({core}), require('@actions/core') === core]
    """
    assert json.loads(run(bench, script).outputs["result"]) == ["/", 5, True, True]


def test_exec_io_and_glob_work_on_the_workspace(bench: Any) -> None:
    script = """
        await io.mkdirP('a/b'); require('fs').writeFileSync('a/b/x.txt', 'x');
        await io.cp('a', 'c', {recursive: true}); await io.mv('c/b/x.txt', 'c/y.txt');
        await io.rmRF('c/b');
        const out = await exec.getExecOutput('sh -c "echo out; echo err >&2; exit 3"', [],
                                             {ignoreReturnCode: true});
        const files = await (await glob.create('**/*.txt\\n!a/**', {matchDirectories: false})).glob();
        return [out, files.map(f => require('path').relative('.', f)),
                await glob.hashFiles('a/b/x.txt'), !!(await io.which('sh', true))]
    """
    out, files, digest, found = json.loads(run(bench, script).outputs["result"])
    assert out == {"exitCode": 3, "stdout": "out\n", "stderr": "err\n"}
    assert files == ["c/y.txt"]
    assert len(digest) == 64
    assert found is True


def test_a_failing_command_says_so(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="The process 'sh' failed with exit code 2"):
        run(bench, "await exec.exec('sh', ['-c', 'exit 2'])")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("throw new Error('boom')", "Unhandled error: Error: boom"),
        ("core.setFailed('no good')", "no good"),
        ("Promise.reject(new Error('late')); await new Promise(r => setTimeout(r, 5))", "late"),
        ("const x = ;", "SyntaxError"),
        ("process.exit(4)", "ended with exit code 4"),
        ("require('not-there')", "Cannot find module 'not-there'"),
    ],
)
def test_failures_carry_their_message(bench: Any, script: str, message: str) -> None:
    with pytest.raises(AgentmeshError, match=message):
        run(bench, script)


def test_what_was_set_late_counts(bench: Any) -> None:
    assert run(bench, "setTimeout(() => core.setOutput('late', 1), 5)").outputs["late"] == "1"


@pytest.mark.parametrize(
    "script",
    [
        "await github.rest.issues.createComment({...context.repo, issue_number: 1, body: 'x'})",
        "await github.issues.get({...context.repo, issue_number: 1})",
        "await github.request('GET /user')",
        "await github.graphql('query { viewer { login } }')",
        "await github.paginate(github.rest.issues.listForRepo, context.repo)",
    ],
)
def test_without_a_token_the_api_is_refused_with_the_reason(bench: Any, script: str) -> None:
    with pytest.raises(AgentmeshError, match="was refused: a local run has no token"):
        run(bench, script)


class Api(BaseHTTPRequestHandler):
    """A GitHub API of three answers."""

    seen: ClassVar[list[tuple[str, str, str, Any]]] = []

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.seen.append((self.command, self.path, self.headers["authorization"], body))
        status, link, data = 200, "", {"ok": True}
        if "missing" in self.path:
            status, data = 404, {"message": "Not Found"}
        elif "page=2" in self.path:
            data = [3]
        elif self.path.startswith("/repos/octo/repo/issues?"):
            host = f"http://127.0.0.1:{self.server.server_port}"
            link, data = f'<{host}/repos/octo/repo/issues?page=2>; rel="next"', [1, 2]
        elif self.path == "/graphql":
            data = {"data": {"viewer": {"login": "ada"}}}
        payload = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        if link:
            self.send_header("link", link)
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = answer  # noqa: N815 - the names that the server calls

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def api() -> Iterator[str]:
    Api.seen = []
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_with_a_token_the_api_is_asked(bench: Any, api: str) -> None:
    script = """
        const {data} = await github.rest.issues.createComment(
            {...context.repo, issue_number: 7, body: 'hi'});
        const all = await github.paginate(github.rest.issues.listForRepo,
                                          {...context.repo, state: 'open'});
        const {viewer} = await github.graphql('query($a: Int) { viewer }', {a: 1});
        let status;
        try { await github.request('GET /repos/{owner}/missing', {owner: 'o/x'}) }
        catch (error) { status = [error.status, error.message] }
        return [data, all, viewer, status]
    """
    done = run(bench, script, github_token="t0ken", base_url=api)
    assert json.loads(done.outputs["result"]) == [
        {"ok": True},
        [1, 2, 3],
        {"login": "ada"},
        [404, "Not Found"],
    ]
    assert Api.seen[0] == (
        "POST",
        "/repos/octo/repo/issues/7/comments",
        "token t0ken",
        {"body": "hi"},
    )
    assert Api.seen[1][1] == "/repos/octo/repo/issues?state=open"
    assert Api.seen[-1][1] == "/repos/o%2Fx/missing"


def test_an_unknown_method_says_what_to_do(bench: Any, api: str) -> None:
    with pytest.raises(AgentmeshError, match=r"rest\.teapots\.brew\(\) is not known"):
        run(bench, "await github.rest.teapots.brew()", github_token="t", base_url=api)


def test_the_token_is_nowhere_afterwards(bench: Any) -> None:
    run(bench, "return 1", github_token="t0ken")
    left = [p for p in Path(bench.dirs.root).rglob("*") if p.is_file()]
    assert not any(b"t0ken" in p.read_bytes() for p in left)


def test_a_script_is_required(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="Input required and not supplied: script"):
        run(bench, " ")
