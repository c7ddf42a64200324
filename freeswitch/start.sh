#!/bin/sh
# Starts the media server in the foreground with the configuration beside this script.
# All settings are environment variables (conf/vars.xml). This script reads:
#   EINWAHL_FS_EVENT_SOCKET_PASSWORD, or ..._PASSWORD_FILE (a file with only the password): required
#   EINWAHL_FS_CONTROL_HOSTS  einwahl's hosts, to which FreeSWITCH connects for each call (default 127.0.0.1)
#   EINWAHL_MAX_CALLS     calls at a time; sets the session limits (default 200)
#   EINWAHL_FS_TLS_CA     PEM file of the authorities trusted for BBB (default: the system's)
#   EINWAHL_FS_PRIORITY   realtime (default, if the system permits it), or normal: with other programs on few processors
#   EINWAHL_FS_STATE_DIR  writable folder for run files (default /var/lib/einwahl-freeswitch)
#   EINWAHL_LOG_DIR, EINWAHL_LOG_DAYS   write daily log files there instead of standard output (../config/run-masked.sh)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
refuse() { echo "start.sh: $1" >&2; exit 78; }
# Empty variables are ignored.
for name in $(env | sed -n 's/^\(EINWAHL_[A-Z_]*\)=$/\1/p'); do unset "$name"; done

# No core dumps: memory holds numbers and PINs. An inherited limit of 1 byte (docker-compose.yml) stays, which also stops piped
# dumps; otherwise the inherited coredump_filter makes piped dumps empty.
[ "$(ulimit -H -c)" = 0 ] || ulimit -c 0
{ echo 0 > /proc/self/coredump_filter; } 2>/dev/null || :

if [ -n "${EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE:-}" ]; then
  [ -r "$EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE" ] || refuse "cannot read $EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE"
  EINWAHL_FS_EVENT_SOCKET_PASSWORD=$(cat "$EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE")
fi
case ${EINWAHL_FS_EVENT_SOCKET_PASSWORD:-} in
  "" | ClueCon) refuse "set EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE to a password of your own (not ClueCon)" ;;
  *[!A-Za-z0-9._~-]*) refuse "the event socket password may hold letters, digits and . _ ~ - only" ;;
esac
export EINWAHL_FS_EVENT_SOCKET_PASSWORD
# The dialplan accepts only INVITEs with this key (dialplan/mrf.xml); einwahl derives the same one (src/media/invite-key.ts).
EINWAHL_FS_KEY=$(printf 'einwahl drachtio_mrf %s' "$EINWAHL_FS_EVENT_SOCKET_PASSWORD" | sha256sum | cut -c 1-64)
[ "${#EINWAHL_FS_KEY}" = 64 ] || refuse "sha256sum is missing: the key of the dialplan can't be derived"
export EINWAHL_FS_KEY
hosts=$(printf %s "${EINWAHL_FS_CONTROL_HOSTS:-127.0.0.1}" | tr -s ', ' '||')
case $hosts in
  *[!A-Za-z0-9.:_\|-]* | "" | "|"* | *"|") refuse "EINWAHL_FS_CONTROL_HOSTS must be addresses or names of einwahl's hosts, with spaces between them" ;;
esac
EINWAHL_FS_CONTROL_HOSTS_PATTERN=$(printf %s "$hosts" | sed 's/[.]/[.]/g')
export EINWAHL_FS_CONTROL_HOSTS_PATTERN

calls=${EINWAHL_MAX_CALLS:-200}
case $calls in "" | *[!0-9]*) refuse "EINWAHL_MAX_CALLS must be a whole number" ;; esac
# Two channels per call, and a margin for channels that are still ending when the next call arrives.
export EINWAHL_FS_MAX_SESSIONS="${EINWAHL_FS_MAX_SESSIONS:-$((calls * 2 + 20))}"
export EINWAHL_FS_SESSIONS_PER_SECOND="${EINWAHL_FS_SESSIONS_PER_SECOND:-$((calls + 50))}"

set --
case ${EINWAHL_FS_PRIORITY:-realtime} in
  realtime)
    priority=-rp
    # -rp uses sched_setscheduler, which musl (Alpine) lacks; all threads inherit the priority from chrt.
    if chrt -f 1 true 2>/dev/null; then set -- chrt -f 1; fi
    ;;
  normal) priority=-np ;;
  *) refuse "EINWAHL_FS_PRIORITY must be realtime or normal" ;;
esac

state=${EINWAHL_FS_STATE_DIR:-/var/lib/einwahl-freeswitch}
export EINWAHL_FS_SOUNDS_DIR="${EINWAHL_FS_SOUNDS_DIR:-$here/sounds}"
export EINWAHL_FS_TLS_DIR="$state/tls"
umask 077
mkdir -p "$state/log" "$state/db" "$state/run" "$state/tmp" "$state/cache" "$state/tls"
ca=${EINWAHL_FS_TLS_CA:-/etc/ssl/certs/ca-certificates.crt}
[ -r "$ca" ] || refuse "cannot read $ca: set EINWAHL_FS_TLS_CA to the authorities trusted for BBB"
cp "$ca" "$state/tls/cafile.pem"
# Its own certificate, which no peer verifies. By default FreeSWITCH generates RSA keys of 4096 bits, which takes seconds.
if [ ! -e "$state/tls/tls.pem" ] && command -v openssl >/dev/null; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=einwahl \
    -keyout "$state/tmp/key.pem" -out "$state/tmp/cert.pem" 2>/dev/null
  for name in tls wss; do cat "$state/tmp/key.pem" "$state/tmp/cert.pem" > "$state/tls/$name.pem"; done
  rm "$state/tmp/key.pem" "$state/tmp/cert.pem"
fi

export EINWAHL_LOG_NAME=freeswitch
# Channel names contain PINs, so digits are masked. -c: with -nc nothing is logged to standard output. stdbuf: otherwise output is buffered in 4 kB blocks.
exec /bin/sh "$here/../config/run-masked.sh" "$@" stdbuf -oL freeswitch -c -nonat "$priority" \
  -conf "$here/conf" -log "$state/log" -db "$state/db" -run "$state/run" -temp "$state/tmp" \
  -cache "$state/cache" -storage "$state/tmp" -recordings "$state/tmp" -certs "$state/tls" -sounds "$EINWAHL_FS_SOUNDS_DIR" </dev/null
