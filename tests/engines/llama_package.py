"""Gets Debian's llama-server with apt, into a folder of its own.

The package is in Debian's unstable suite, whose C library is newer than this machine's. So it is not
installed: apt downloads it with all that it needs into a private state, as a machine without any
package would, verifies that against Debian's signed lists as always, and it is unpacked beside its
own loader. Nothing of the machine's apt changes, and none of this needs root.
"""

import pathlib
import re
import shutil
import tempfile

from runner import processes

PACKAGE = "llama.cpp-tools"
SUITE = "sid"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
APT_LIMIT = 300  # seconds, for one run of apt

# What differs from the machine's configuration, which is read before: its proxies stay valid, its
# sources, pins and hooks do not.
CONFIGURATION = """\
Dir::State "{room}/state";
Dir::State::lists "{room}/state/lists";
Dir::State::status "{room}/state/status";
Dir::Cache "{room}/cache";
Dir::Cache::archives "{room}/cache/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "{room}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::GzipIndexes "true";
Acquire::Retries "2";
Acquire::http::Timeout "30";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""

LAUNCHER = """\
#!/bin/sh
# {version}, with the loader and the libraries it was built for.
root=$(dirname "$(readlink -f "$0")")/root
export GGML_BACKEND_PATH="$root/{backend}"
exec "$root/{loader}" --library-path "$root/{libraries}:$root/{libraries}/llama" \\
    "$root/{server}" "$@"
"""


class Unavailable(Exception):
    """The engine cannot be got here; the text says why."""


def fetch(folder):
    """Makes `folder` hold a script `llama-server`, once; returns the package's name and version."""
    if not (folder / "version").exists():
        print(f"  getting {PACKAGE} with apt", flush=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        room = pathlib.Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        room.chmod(0o755)  # apt downloads as its own user, which must be able to come here
        try:
            archives = download(room)
            shutil.rmtree(folder, ignore_errors=True)
            unpack(archives, folder)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    return (folder / "version").read_text()


def download(room):
    """apt's archives of the package and of all that it needs, verified by apt."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (room / part).mkdir(parents=True)
    (room / "state" / "status").touch()  # no package is installed: all are needed
    (room / "apt.conf").write_text(CONFIGURATION.format(room=room))
    architecture = run(["dpkg", "--print-architecture"]).strip()
    problem = None
    for mirror in mirrors():
        (room / "sources.list").write_text(
            f"deb [arch={architecture} signed-by={KEYRING} target=Packages] {mirror} {SUITE} main\n")
        apt = ["apt-get", "-q", "-c", room / "apt.conf"]
        try:
            run([*apt, "update"])
            run([*apt, "-y", "--download-only", "install", PACKAGE])
            return sorted((room / "cache" / "archives").glob("*.deb"))
        except Unavailable as error:
            problem = error
    raise problem or Unavailable("apt's configuration names no Debian mirror")


def mirrors():
    """Repositories of apt's configuration that have this release's suite: Debian's among them.

    Others may call their suite so too. They do not have ours, or not with Debian's signature.
    """
    release = re.search(r"^VERSION_CODENAME=(\w+)$", pathlib.Path("/etc/os-release").read_text(),
                        re.MULTILINE)
    if not release:
        return []
    address = re.compile(rf"^'(\S+)/dists/{release.group(1)}/InRelease' ", re.MULTILINE)
    return address.findall(run(["apt-get", "--print-uris", "update"]))


def unpack(archives, folder):
    """Unpacks them; the file `version` comes last and says that all is there."""
    root = folder / "root"
    root.mkdir(parents=True)
    for archive in archives:
        run(["dpkg-deb", "--extract", archive, root])
    named = next(archive for archive in archives if archive.name.startswith(f"{PACKAGE}_"))
    version = run(["dpkg-deb", "--show", named]).strip().replace("\t", " ")
    launcher = folder / "llama-server"
    launcher.write_text(launcher_of(root, version))
    launcher.chmod(0o755)
    run([launcher, "--version"])
    (folder / "version").write_text(version)


def launcher_of(root, version):
    # The plainest backend works on every machine, and computes the same on each.
    backend = (first(root, "usr/lib/*/ggml/*/libggml-cpu-x64.so")
               or needed(root, "usr/lib/*/ggml/*/libggml-cpu*.so"))
    return LAUNCHER.format(version=version, backend=backend,
                           loader=needed(root, "usr/lib/*/ld-linux*.so.*"),
                           libraries=needed(root, "usr/lib/*/libllama.so.0").parent,
                           server=needed(root, "usr/bin/llama-server"))


def first(root, pattern):
    """The first file that matches, as a path below `root`; None without any."""
    found = sorted(root.glob(pattern))
    return found[0].relative_to(root) if found else None


def needed(root, pattern):
    found = first(root, pattern)
    if not found:
        raise Unavailable(f"{PACKAGE} no longer has {pattern}")
    return found


def run(command):
    """The output of a command that must succeed."""
    try:
        finished = processes.run(command, APT_LIMIT, environment={"LC_ALL": "C"})
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not here: this needs Debian's apt") from None
    if finished.status != 0:
        how = "took too long" if finished.timed_out else f"status {finished.status}"
        said = [line for line in finished.output.splitlines() if line.startswith("E: ")]
        raise Unavailable(f"{pathlib.Path(command[0]).name} failed ({how}): "
                          + ("; ".join(said) or processes.tail(finished.output, 3)))
    return finished.output
