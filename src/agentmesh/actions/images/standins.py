"""What is taken in the stead of a base image that cannot be had: ``[images]`` of agentmesh.toml.

Called by :mod:`agentmesh.actions.images.buildah`, and says so in the log each time. A stand-in is

- another image: ``mirror.example.com/library/python:3.11-slim``;
- an archive or folder: ``oci:images/python``, ``oci-archive:FILE``, ``docker-archive:FILE``;
- Debian's packages: ``packages:python3,python3-pip``, unpacked (not configured) for the platform
  that is built, from the sources that this machine's apt knows. Downloaded once, kept in the store.
"""

from __future__ import annotations

import os
from hashlib import sha256

from agentmesh.actions.images.order import Place, Shelf
from agentmesh.actions.images.words import Platform
from agentmesh.core.errors import SetupError

DEBIAN = {
    "amd64": "amd64",
    "arm64": "arm64",
    "arm": "armhf",
    "386": "i386",
    "ppc64le": "ppc64el",
    "s390x": "s390x",
}
ARCHIVES = ("oci:", "oci-archive:", "docker-archive:", "dir:")
BASE = (
    "base-files",
    "base-passwd",
    "bash",
    "coreutils",
    "dash",
    "libc-bin",
    "passwd",
    "sed",
    "grep",
)
"""What makes a root folder in which scripts run."""


async def ready(
    stand_in: str, platform: Platform, base: tuple[str, ...], on: Shelf, place: Place
) -> str:
    """The build context that gives a stand-in for a platform; made or pulled where need be.

    Raises SetupError where it cannot be made.
    """
    if stand_in.startswith("packages:"):
        return f"docker-image://{await _packages(stand_in, platform, base, on, place)}"
    if stand_in.startswith(ARCHIVES):
        done = await place.run((*base, "pull", "--quiet", stand_in), quiet=True)
        if done.code != 0:
            raise SetupError(
                f"{stand_in}: {done.output.strip().splitlines()[-1:]}",
                remedy="Mend [images] in agentmesh.toml.",
            )
        return f"docker-image://{done.output.split()[-1]}"
    return f"docker-image://{stand_in}"


async def _packages(
    stand_in: str, platform: Platform, base: tuple[str, ...], on: Shelf, place: Place
) -> str:
    """The name of an image of Debian's packages in a storage root; made where it is not there."""
    digest = sha256(f"{stand_in} {platform} {_SCRIPT}".encode()).hexdigest()[:16]
    name = f"localhost/agentmesh/stand-in:{digest}"
    if (await place.run((*base, "inspect", "--type", "image", name), quiet=True)).code == 0:
        return name
    debian = DEBIAN.get(platform.arch)
    if debian is None:
        raise SetupError(
            f"Debian's packages of {stand_in} are not taken for {platform}",
            remedy="Name an image for this platform under [images].",
        )
    tree = os.path.join(on.shared, "stand-ins", f"{digest}.tar")
    work = os.path.join(on.temp, f"stand-in-{digest}")
    await place.in_thread(os.makedirs, os.path.dirname(tree), 0o700, True)
    packages = (*BASE, *stand_in.removeprefix("packages:").replace(",", " ").split())
    script = ("sh", "-eu", "-c", _SCRIPT, "stand-in", work, debian, tree, *packages)
    place.say(f"making {name} for {platform} of Debian's packages {' '.join(packages)}")
    await _sure(place, script, stand_in)
    container = (
        await _sure(place, (*base, "from", "--platform", str(platform), "scratch"))
    ).split()[-1]
    await _sure(place, (*base, "add", container, tree, "/"))
    env = (f"PATH={_PATH}", "PIP_BREAK_SYSTEM_PACKAGES=1", "PIP_NO_BUILD_ISOLATION=0")
    flags = [part for each in env for part in ("--env", each)]
    variant = ("--variant", platform.variant) if platform.variant else ()
    flags += ["--os", "linux", "--arch", platform.arch, *variant, "--cmd", "/bin/bash"]
    await _sure(place, (*base, "config", *flags, container))
    await _sure(place, (*base, "commit", "--quiet", "--rm", container, name))
    return name


async def _sure(place: Place, argv: tuple[str, ...], stand_in: str = "the stand-in") -> str:
    done = await place.run(argv, quiet=True)
    if done.code != 0:
        lines = done.output.strip().splitlines() or [f"exit code {done.code}"]
        raise SetupError(
            f"{stand_in} could not be made: {lines[-1]}",
            remedy="Connect to a network once, so that apt can fetch the packages.",
        )
    return done.output


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# $1 work folder, $2 architecture, $3 archive to make, then packages. apt resolves and downloads
# with a state of its own; unpacking runs no program of the other platform, so it takes seconds.
_SCRIPT = """
work=$1 arch=$2 tree=$3; shift 3
[ ! -e "$tree" ] || exit 0
root=$work/root
mkdir -p "$work/lists/partial" "$work/archives/partial"
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib"
: > "$work/status"
apt_() {
    apt-get -qq -o APT::Architecture="$arch" -o APT::Architectures::="$arch" \\
        -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \\
        -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \\
        -o APT::Sandbox::User=root -o APT::Install-Recommends=false "$@"
}
apt_ update >/dev/null 2>&1 || : # some source may lack this processor: what counts is below
apt_ --yes --download-only install "$@" >/dev/null
for name in bin sbin lib; do ln -s "usr/$name" "$root/$name"; done
[ "$arch" != amd64 ] || { mkdir -p "$root/usr/lib64"; ln -s usr/lib64 "$root/lib64"; }
for deb in "$work"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"
done
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
sed 's/:.*/:*:19000:0:99999:7:::/' "$root/etc/passwd" > "$root/etc/shadow"
sed 's/:.*/:*::/' "$root/etc/group" > "$root/etc/gshadow"
chmod 640 "$root/etc/shadow" "$root/etc/gshadow"
[ -e "$root/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
[ ! -e "$root/usr/bin/python3" ] || ln -sf python3 "$root/usr/bin/python"
mkdir -p "$root/tmp" "$root/root" "$root/proc" "$root/sys" "$root/dev" "$root/usr/local/bin"
chmod 1777 "$root/tmp"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
tar --numeric-owner --owner=0 --group=0 --sort=name -C "$root" -cf "$tree.$$.part" .
mv "$tree.$$.part" "$tree"
rm -rf "$work"
"""
