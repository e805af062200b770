#!/usr/bin/env bash
# benchmarks/gpu_checks.py on a machine without network: installs the wheels that `python -m benchmarks.gpu_wheels` fetched,
# where they lie here, into a folder of their own.
#
#     bash benchmarks/gpu_checks.sh [--short] [--checks trl engine] [--out FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -d .gpu-wheels ]; then
    site=$(mktemp -d)
    trap 'rm -rf "$site"' EXIT
    python3 -m pip install --quiet --no-index --no-deps --no-compile --no-cache-dir --target "$site" .gpu-wheels/*.whl
    export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
fi
python3 -m benchmarks.gpu_checks "$@"
