#!/usr/bin/env bash
# Installs the package into a virtual environment on a Debian or Ubuntu machine, and first what is missing for that, as root
# or with sudo. Makes the environment if it is not there.
#   samples/python/install.sh FOLDER           with another interpreter: PYTHON=python3.12 samples/python/install.sh FOLDER
set -euo pipefail
folder=${1:?the folder of a virtual environment, old or new, is wanted: samples/python/install.sh venv}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
[ ! -x "$folder/bin/python" ] || python=$folder/bin/python

missing=()
if ! command -v "$python" >/dev/null 2>&1; then
  missing+=(python3 python3-dev python3-venv)
else
  # The name of Debian's packages: python3, or python3.12 for one that is not the usual.
  name=$(basename "${PYTHON:-python3}")
  "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
    missing+=("$name-dev")
  [ -x "$folder/bin/python" ] || "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=("$name-venv")
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq >&2
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi
# What the library is built from.
"$here/../../test/install.sh" build
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
exec "$folder/bin/python" -m pip install "$here"
