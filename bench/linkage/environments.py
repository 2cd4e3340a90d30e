"""An environment of its own for each peer, from exact versions with hashes, made when it is first wanted."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(__file__).parent / "peers"


def ensure_environment(name: str, cache: Path, programs: Path = PROGRAMS) -> Path:
    """Return the Python of the environment that `<name>.txt` of `programs` tells, below `cache`; make it if need be.

    Raises subprocess.CalledProcessError where it cannot be made.
    """
    requirements = programs / f"{name}.txt"
    fingerprint = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = cache / f"{name}-{fingerprint}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True
        )
        install = [
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--python",
            str(python),
            "-r",
            str(requirements),
        ]
        subprocess.run([uv, *install], check=True)
        ready.touch()
    return python


def find_package_file(python: Path, path: str) -> Path | None:
    """Return a file that a package of the environment brings along, None where there is none."""
    found = sorted((python.parent.parent / "lib").glob(f"*/site-packages/{path}"))
    return found[0] if found else None


def run_program(python: Path, program: str, job: Path) -> None:
    """Run a program of this folder on a job; raise RuntimeError with the end of what it said where it fails."""
    # Waiting threads of OpenMP would take the core from whatever else runs.
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "PYTHONWARNINGS": "ignore"}
    command = [str(python), str(PROGRAMS / program), str(job)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed:\n{done.stderr[-2000:]}")
