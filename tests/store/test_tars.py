"""Archives of clients: what they may hold, and that they come out as they went in."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from agentmesh.ports.archives import Place
from agentmesh.store import tars, tree
from agentmesh.store.dialect import GZIP, ZSTD

PLACE = Place(
    workspace="/job/app/app",
    home="/job/home",
    roots=("/job/app/app", "/job/home", "/var/cache/apt"),
)
Member = tuple[str, bytes, str, int]


def info(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", *, mode: int = 0o644, size: int = 0
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode, made.size = kind, link, mode, size
    return made


def packed(*members: tarfile.TarInfo, form: str = ZSTD) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    data = out.getvalue()
    return gzip.compress(data) if form == GZIP else ZstdCompressor().compress(data)


def judged(data: bytes, form: str = ZSTD) -> tars.Survey:
    with tars.opened(io.BytesIO(data), form, len(data)) as archive:
        return tars.judge(archive, PLACE)


@pytest.mark.parametrize("form", [ZSTD, GZIP])
def test_what_a_client_makes_of_its_paths_is_let_in(form: str) -> None:
    data = packed(
        info("node_modules", tarfile.DIRTYPE, mode=0o755),
        info("node_modules/a", size=10),
        info("node_modules/.bin/a", tarfile.SYMTYPE, "../a"),
        info("node_modules/b", tarfile.LNKTYPE, "node_modules/a"),
        info("../../home/.cache/pip/x", size=5),
        info("venv/bin/python", tarfile.SYMTYPE, "/usr/bin/python3"),
        info("/var/cache/apt/archives/x.deb"),
        form=form,
    )
    assert tars.form_of(data) == form
    assert judged(data, form) == tars.Survey(files=6, size=15, linked=True)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([info("../x")], "nothing to write"),
        ([info("../../../etc/passwd")], "leads to /etc/passwd"),
        ([info("/etc/cron.d/x")], "leads to /etc/cron.d/x"),
        ([info("/var/cache/aptitude/x")], "nothing to write"),
        ([info("a/../../../x")], "nothing to write"),
        ([info("l", tarfile.SYMTYPE, "/etc"), info("l/passwd")], "behind a link"),
        ([info("l", tarfile.SYMTYPE, "/etc"), info("l/d", tarfile.DIRTYPE)], "behind a link"),
        ([info("l", tarfile.SYMTYPE, "x"), info("d/../l/y")], "behind a link"),
        ([info("h", tarfile.LNKTYPE, "/etc/passwd")], "leads to /etc/passwd"),
        ([info("h", tarfile.LNKTYPE, "never")], "hard link"),
        ([info("l", tarfile.SYMTYPE, "/etc/passwd"), info("h", tarfile.LNKTYPE, "l")], "hard link"),
        ([info("d", tarfile.CHRTYPE)], "no file"),
        ([info("d", tarfile.BLKTYPE)], "no file"),
        ([info("p", tarfile.FIFOTYPE)], "no file"),
        ([info("s", mode=0o4755)], "set-id"),
        ([info("s", mode=0o2755)], "set-id"),
        ([info("d/" * 200 + "x")], "too deep"),
        ([info("x" * 5000)], "too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[-1].name[:20],
)
def test_what_could_do_harm_is_refused(members: list[tarfile.TarInfo], why: str) -> None:
    with pytest.raises(tars.Hostile, match=why):
        judged(packed(*members))


def test_a_file_that_replaces_a_link_is_let_in() -> None:
    assert judged(packed(info("l", tarfile.SYMTYPE, "/etc"), info("l"))).files == 2


def bomb(size: int) -> bytes:
    """An archive of one file of zeros, made without making the zeros."""
    header = info("zeros", size=size).tobuf(tarfile.GNU_FORMAT)
    compressor = ZstdCompressor(level=1).compressobj()
    parts = [compressor.compress(header)]
    block = bytes(64 << 20)
    parts += [compressor.compress(block) for _ in range(size // len(block))]
    parts.append(compressor.compress(bytes(1024)))
    return b"".join((*parts, compressor.flush()))


def test_a_large_sparse_file_is_let_in() -> None:
    assert judged(bomb(256 << 20)).size == 256 << 20


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tars, "FREE_BYTES", 64 << 20)
    with pytest.raises(tars.Hostile, match="more bytes"):
        judged(bomb(256 << 20))


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tars, "MOST_FILES", 3)
    with pytest.raises(tars.Hostile, match="more than 3 files"):
        judged(packed(*(info(f"f{n}") for n in range(4))))


def test_a_window_that_needs_much_memory_is_refused() -> None:
    from zstandard import ZstdCompressionParameters

    parameters = ZstdCompressionParameters.from_level(3, window_log=30, enable_ldm=True)
    compressor = ZstdCompressor(compression_params=parameters).compressobj()
    data = compressor.compress(packed(info("a"), form=GZIP)) + compressor.flush()
    with pytest.raises(tars.Hostile, match="cannot be read"):
        judged(data)


@pytest.mark.parametrize("form", [ZSTD, GZIP])
def test_a_broken_archive_is_refused(form: str) -> None:
    data = packed(*(info(f"f{n}", size=10_000) for n in range(50)), form=form)
    for broken in (
        data[: len(data) // 2],
        data[:20] + bytes(10) + data[30:],
        b"",
        b"\x28\xb5\x2f\xfd",
    ):
        with pytest.raises(tars.Hostile):
            judged(broken, form)


def test_compressed_bytes_that_are_no_tar_are_told_apart() -> None:
    data = ZstdCompressor().compress(b"just text " * 100)
    assert tars.form_of(data) == ZSTD
    assert not tars.is_tar(io.BytesIO(data), ZSTD, len(data))
    assert not tars.is_tar(io.BytesIO(b"\x1f\x8bxx"), GZIP, 4)
    assert tars.is_tar(io.BytesIO(packed(info("a"))), ZSTD, 100)
    assert tars.form_of(b"PK\x03\x04") == ""


def test_members_become_items_of_their_anchors_with_links_resolved() -> None:
    data = packed(
        info("d", tarfile.DIRTYPE, mode=0o755),
        info("d/a", size=3),
        info("d/b", tarfile.LNKTYPE, "d/a"),
        info("../../home/c", size=2),
        info("/var/cache/apt/e", size=1),
        info("s", tarfile.SYMTYPE, "d/a"),
    )

    def opened() -> object:
        return tars.opened(io.BytesIO(data), ZSTD, len(data))

    with opened() as archive:  # type: ignore[attr-defined]
        links = tars.linked(archive, PLACE.workspace)
    with opened() as archive:  # type: ignore[attr-defined]
        found = [
            (item.kind, item.anchor, item.path, item.size, item.target, b"".join(read()))
            for item, read in tars.items(archive, PLACE.workspace, PLACE.home, links)
        ]
    assert found == [
        ("d", "w", "d", 0, "", b""),
        ("f", "w", "d/a", 3, "", b"xxx"),
        ("f", "w", "d/b", 3, "", b"xxx"),
        ("f", "h", "c", 2, "", b"xx"),
        ("f", "r", "var/cache/apt/e", 1, "", b"x"),
        ("l", "w", "s", 0, "d/a", b""),
    ]


@pytest.mark.parametrize("form", [ZSTD, GZIP])
def test_items_are_rendered_as_the_client_would_have_named_them(form: str, tmp_path: Path) -> None:
    def content(data: bytes) -> Callable[[], object]:
        return lambda: iter([data[:1], data[1:]])

    items = [
        (tree.Item("d", "w", "d", 0o700, 5 * 10**9), content(b"")),
        (tree.Item("f", "w", "d/a", 0o755, 5 * 10**9, 3), content(b"abc")),
        (tree.Item("f", "h", ".m2/x", 0o644, 0, 2), content(b"hi")),
        (tree.Item("f", "r", "opt/y", 0o644, 0, 1), content(b"!")),
        (tree.Item("l", "w", "s", target="d/a"), content(b"")),
    ]
    with (tmp_path / "out").open("w+b") as out:
        tars.render(items, PLACE, form, out)  # type: ignore[arg-type]
        out.seek(0)
        with tars.opened(out, form, 1 << 20) as archive:
            found = {member.name: (member.mode, member.size, member.linkname) for member in archive}
    assert found == {
        "d": (0o700, 0, ""),
        "d/a": (0o755, 3, ""),
        "../../home/.m2/x": (0o644, 2, ""),
        "/opt/y": (0o644, 1, ""),
        "s": (0o777, 0, "d/a"),
    }


def test_pieces_are_read_in_any_size() -> None:
    pieces = tars.Pieces(iter([b"abc", b"", b"defg"]))
    assert pieces.read(2) == b"ab"
    assert pieces.read(0) == b""
    assert pieces.read(3) == b"c"
    whole = tars.Pieces(iter([b"abc", b"defg"]))
    assert whole.read(5) == b"abcde"
    assert whole.read() == b"fg"
    assert whole.read() == b""
