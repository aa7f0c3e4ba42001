# Sourced by inspector/demo and tests/run: installs what is missing from the Debian or Ubuntu archive.

BUILD_PACKAGES=(bazel-bootstrap bazel-rules-java gcc g++ libelf-dev libncurses-dev libjansson-dev libzstd-dev python3)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# install_packages WHO PACKAGE…: says what it installs; WHO names the caller.
install_packages() {
    local who=$1 package missing=()
    shift
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "$who: installing with apt: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
