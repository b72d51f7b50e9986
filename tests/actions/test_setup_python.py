"""``actions/setup-python``."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.actions import setup_python
from agentmesh.actions.toolchain.pythons import Python
from agentmesh.actions.toolchain.versions import parse
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable

OWN = platform.python_version()
MINOR = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def job(bench: Any, shared: str) -> Any:
    """A job on a machine that has the Python of the tests."""
    bench.services = msgspec.structs.replace(bench.services, shared=shared)
    bench.env["PATH"] = f"{sys.base_prefix}/bin:{bench.env['PATH']}"
    return bench


def python(text: str, **given: Any) -> Python:
    version = parse(text)
    assert version is not None
    return Python(executable=f"/{text}", version=version, **given)


def test_the_job_gets_its_own_python(job: Any) -> None:
    done = job.use(setup_python, python_version=OWN)
    assert done.outputs["python-version"] == OWN
    place = job.env["pythonLocation"]
    assert done.outputs["python-path"] == f"{place}/bin/python"
    for program in ("python", "python3", f"python{MINOR}", "pip", "pip3", f"pip{MINOR}"):
        assert job.sh(f"command -v {program}").strip() == f"{place}/bin/{program}"
    assert job.sh("python -c 'import sys; print(sys.prefix)'").strip() == place
    for name in ("Python_ROOT_DIR", "Python2_ROOT_DIR", "Python3_ROOT_DIR"):
        assert job.env[name] == place
    assert job.env["LD_LIBRARY_PATH"] == f"{place}/lib"
    assert job.env["PKG_CONFIG_PATH"] == f"{place}/lib/pkgconfig"
    job.finish(setup_python, done)


def test_installing_changes_nothing_but_the_jobs_python(job: Any, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "hello.py").write_text("def main(): print('hello')\n")
    wheel = tmp_path / "hello-1.0-py3-none-any.whl"
    from zipfile import ZipFile

    with ZipFile(wheel, "w") as archive:
        archive.writestr("hello.py", "def main():\n    print('hello')\n")
        info = "hello-1.0.dist-info/"
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n")
        archive.writestr(
            info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(info + "entry_points.txt", "[console_scripts]\nhello = hello:main\n")
        archive.writestr(info + "RECORD", "")
    done = job.use(setup_python, python_version=MINOR)
    job.sh(f"pip install -q --no-index --disable-pip-version-check {wheel}")
    assert job.sh("hello") == "hello\n"
    job.sh(f"pip uninstall -q -y hello; pip install -q --user --no-index {wheel}")
    assert job.sh("python -c 'import hello; hello.main()'") == "hello\n"
    assert (job.home / ".local/bin/hello").exists()
    job.finish(setup_python, done)
    again = job.use(setup_python, python_version=MINOR)
    listed = job.sh("HOME=/nowhere pip list --format=freeze --disable-pip-version-check")
    assert {line.split("==")[0] for line in listed.split()} <= {"pip", "setuptools"}
    job.finish(setup_python, again)


def test_a_version_that_is_not_there_names_those_that_are(job: Any) -> None:
    with pytest.raises(Unavailable, match=r"'3\.99' of Python is not on this machine") as caught:
        job.use(setup_python, python_version="3.99")
    assert OWN in caught.value.message
    assert "uv python install 3.99" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.12", "3.12.4"),
        ("3.12.1", "3.12.1"),
        ("3.x", "3.13.1"),
        ("3", "3.13.1"),
        (">=3.9 <3.13", "3.12.4"),
        (">=3.9,<3.12", "3.11.7"),
        ("3.13t", "3.13.0t"),
        ("3.14-dev", "3.14.0-rc.2"),
        ("3.14.0-rc.1", "3.14.0-rc.1"),
        ("3.14.0rc1", "3.14.0-rc.1"),
        ("pypy3.10", "pypy3.10.14"),
        ("pypy-3.10-v7.3.17", "pypy3.10.14"),
        ("pypy3.10-v7.3", "pypy3.10.14"),
        (" 3.12 ", "3.12.4"),
    ],
)
def test_the_newest_that_fits_is_chosen(text: str, expected: str) -> None:
    there = (
        *(python(v) for v in ("3.11.7", "3.12.1", "3.12.4", "3.13.1", "3.14.0rc1", "3.14.0rc2")),
        python("3.13.0", free_threaded=True),
        python("3.10.14", implementation="pypy"),
    )
    assert str(setup_python.choose(setup_python.wish(text), there)) == expected


def test_prereleases_stand_in_only_when_allowed() -> None:
    there = (python("3.13.1"), python("3.14.0rc2"))
    with pytest.raises(Unavailable):
        setup_python.choose(setup_python.wish("3.14"), there)
    allowed = setup_python.wish("3.14", prereleases=True)
    assert str(setup_python.choose(allowed, there)) == "3.14.0-rc.2"
    newest = setup_python.wish("3.x", prereleases=True)
    assert str(setup_python.choose(newest, there)) == "3.13.1"


def test_a_number_that_yaml_cut_short_is_explained() -> None:
    with pytest.raises(Unavailable, match=r"Write '3\.10' in quotes"):
        setup_python.choose(setup_python.wish("3.1"), (python("3.10.1"),))


@pytest.mark.parametrize("text", ["three", "3.x.y.z!", ">="])
def test_what_is_no_version_is_an_error(text: str) -> None:
    with pytest.raises(AgentmeshError, match="neither a version nor a range"):
        setup_python.wish(text)


def test_several_versions_are_all_on_path_and_the_last_wins(job: Any) -> None:
    done = job.use(setup_python, python_version=f"{MINOR}\n{OWN}\n")
    assert job.env["PATH"].count("/bin:") >= 2
    assert job.sh("command -v python").strip() == done.outputs["python-path"]
    assert len(done.ctx.state[setup_python.LOCKS].split()) == 2
    job.finish(setup_python, done)


def test_a_file_names_the_version(job: Any) -> None:
    (job.workspace / ".python-version").write_text(OWN + "\n")
    done = job.use(setup_python)
    assert f"Resolved .python-version as {OWN}" in done.ctx.log
    assert done.outputs["python-version"] == OWN
    job.finish(setup_python, done)
    (job.workspace / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(AgentmeshError, match="No supported version was found"):
        job.use(setup_python, python_version_file="pyproject.toml")


def test_nothing_asked_for_is_warned_of(job: Any) -> None:
    done = job.use(setup_python)
    (warning,) = done.ctx.warnings()
    assert warning.startswith("Neither 'python-version' nor 'python-version-file'")
    job.finish(setup_python, done)


def test_the_environment_may_be_left_alone(job: Any) -> None:
    before = dict(job.env)
    done = job.use(setup_python, python_version=OWN, update_environment="false")
    assert job.env == before
    assert job.sh(f"{done.outputs['python-path']} -c 'print(1)'") == "1\n"
    job.finish(setup_python, done)


def test_another_architecture_is_unavailable(job: Any) -> None:
    with pytest.raises(Unavailable, match="architecture 'riscv'"):
        job.use(setup_python, python_version=OWN, architecture="riscv")


def test_pips_downloads_are_cached_between_jobs(job: Any) -> None:
    (job.workspace / "requirements.txt").write_text("x\n")
    first = job.use(setup_python, python_version=OWN, cache="pip")
    assert first.outputs["cache-hit"] == "false"
    (job.home / ".cache/pip").mkdir(parents=True)
    (job.home / ".cache/pip/wheel").write_text("w")
    job.finish(setup_python, first, cache="pip")
    (job.home / ".cache/pip/wheel").unlink()
    second = job.use(setup_python, python_version=OWN, cache="pip")
    assert second.outputs["cache-hit"] == "true"
    assert (job.home / ".cache/pip/wheel").exists()
    job.finish(setup_python, second, cache="pip")
    (job.workspace / "requirements.txt").write_text("y\n")
    third = job.use(setup_python, python_version=OWN, cache="pip")
    assert third.outputs["cache-hit"] == "false"
    job.finish(setup_python, third, cache="pip")


def test_a_cache_needs_files_to_depend_on(job: Any) -> None:
    with pytest.raises(SetupError, match=r"No file in .* matched to"):
        job.use(setup_python, python_version=OWN, cache="pip")
    with pytest.raises(AgentmeshError, match="Caching for 'conda' is not supported"):
        job.use(setup_python, python_version=OWN, cache="conda")


@pytest.mark.parametrize(
    ("env", "manager", "expected"),
    [
        ({}, "pip", "/h/.cache/pip"),
        ({"HOME": "/x"}, "poetry", "/x/.cache/pypoetry"),
        ({"XDG_CACHE_HOME": "/c"}, "pipenv", "/c/pipenv"),
        ({"PIP_CACHE_DIR": "/p"}, "pip", "/p"),
    ],
)
def test_cache_folders(env: dict[str, str], manager: str, expected: str) -> None:
    assert setup_python.cache_folder(manager, env, "/h") == expected


def test_a_slot_comes_back_even_when_saving_fails(job: Any) -> None:
    done = job.use(setup_python, python_version=OWN)
    (lock,) = done.ctx.state[setup_python.LOCKS].split()
    os.fstat(int(lock))
    job.finish(setup_python, done)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(int(lock))
