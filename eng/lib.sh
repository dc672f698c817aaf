# Shared by the scripts in eng/. Sourced, not run.

# A first use of dotnet would greet at length and make certificates that nothing here needs.
export DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false

say() { printf '\n==> %s\n' "$*"; }

die() { printf '%s\n' "$*" >&2; exit 1; }

require_dotnet() {
  command -v dotnet >/dev/null || die "dotnet is missing: install the .NET 10 SDK and try again."
  dotnet --list-sdks | grep -q '^10\.' || die "dotnet has no 10.x SDK: install the .NET 10 SDK and try again."
}

# need_packages NAME...: installs those of Debian's packages that are missing.
need_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "Missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}"
    sudo=sudo
  fi
  say "Installing ${missing[*]}"
  # The daemons of these packages are not wanted here, only their programs.
  local policy=/usr/sbin/policy-rc.d made=""
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null && $sudo chmod 755 $policy && made=1
  fi
  $sudo apt-get -qq update || true
  local status=0
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "${missing[@]}" >/dev/null || status=$?
  [ -z "$made" ] || $sudo rm -f $policy
  [ $status -eq 0 ] || die "apt-get could not install: ${missing[*]}"
}
