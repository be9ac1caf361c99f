#!/bin/sh
# As root: give the data to valkey and become valkey. Then start what was asked for.
set -eu

# Only options, or a configuration file: meant for the server.
case ${1-} in
    -* | *.conf) set -- valkey-server "$@" ;;
esac

if [ "${1-}" = valkey-server ] && [ "$(id -u)" = 0 ]; then
    # chown runs only where there is something to change: the tutorial's capabilities do not include it.
    find . ! -user valkey -exec chown valkey {} +
    exec setpriv --reuid valkey --regid valkey --clear-groups "$0" "$@"
fi

# The data is nobody else's business, unless a umask was chosen on purpose.
if [ "$(umask)" = 0022 ]; then umask 0077; fi

if [ "${1-}" = valkey-server ]; then
    shift
    # Who can reach a container is settled by its networks, so the official image is compiled without protected mode. Debian's is
    # not, and would refuse every other container. Given first, the option loses against one of the caller's.
    case ${1-} in
        -v | --version | -h | --help | --check-system | --test-memory) ;; # the server knows these only as its sole words
        '' | -?*) set -- --protected-mode no "$@" ;;
        *)
            file=$1
            shift
            # Options override the file, whatever their order: so look whether it decides.
            grep -qis '^[[:space:]]*protected-mode' "$file" || set -- --protected-mode no "$@"
            set -- "$file" "$@"
            ;;
    esac
    # The words of the variable are separate options, as in the official image.
    # shellcheck disable=SC2086
    set -- valkey-server "$@" ${VALKEY_EXTRA_FLAGS-}
fi
exec "$@"
