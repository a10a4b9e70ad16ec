# Shared by the scripts of this folder; sourced, not run. Sets `root` to the checkout and changes into it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

# usage: what the script says of itself at its top, after its first line.
usage() { awk 'NR > 1 {if (!/^#/) exit; sub(/^# ?/, ""); print}' "scripts/${0##*/}"; }

# whole_number OPTION VALUE LEAST MOST: ends the script when the value is none.
whole_number() {
  if ! [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
    echo "$0: $1 needs a whole number from $3 to $4, not '$2'" >&2
    exit 2
  fi
}

# port_must_be_free PORT OPTION: ends the script when somebody listens there on this machine.
port_must_be_free() {
  if (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    echo "$0: something listens on port $1 already: stop it, or choose another port with $2" >&2
    exit 1
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_groups GROUP...: installs the packages of these groups that are missing.
install_groups() {
  local wanted missing=()
  wanted=$(awk -v groups=" $* " '/^# /{on = index(groups, " " $2 " ") > 0 && NF == 2; next} on && NF {print $1}' scripts/packages)
  for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  # The package would make a server for the whole machine and start it. Ours are started where they are used.
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-common >&2
    as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# build_preset PRESET [TARGET...]: configures once and builds.
build_preset() {
  local preset=$1
  shift
  # Precompiled headers need the sloppiness; the rest lets checkouts in different folders share what was compiled.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2
  if [ $# -gt 0 ]; then
    cmake --build --preset "$preset" --target "$@" >&2
  else
    cmake --build --preset "$preset" >&2
  fi
}
