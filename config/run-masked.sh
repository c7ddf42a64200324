#!/bin/sh
# Runs a program in the foreground and masks digits in its output: run-masked.sh PROGRAM [ARGUMENT...]
# The engines print SIP headers and channel names with callers' numbers and PINs. Four or more digits are masked as [number],
# also with "+", spaces, hyphens, dots or brackets between them as in telephone numbers, or percent-encoded.
# DTMF digits are logged one by one (RECV DTMF 5:960, Signal=5) and masked as [key]: together they are a PIN.
# Not masked: the time at the beginning of a line, ports behind an address, source lines (sofia.c:7034) and UUIDs.
# The dialplan's key (64 hexadecimal digits, X-Einwahl-Key) is masked too. Control characters are printed as "?", so that a header
# cannot send terminal sequences or forge a line.
# The output goes to standard output or, with EINWAHL_LOG_DIR, into daily files there (daily-log.sh): EINWAHL_LOG_NAME-2026-11-26.log,
# kept for EINWAHL_LOG_DAYS (default and maximum 7).
# The exit status is the program's (128 + n: ended by signal n). TERM, HUP, USR1 and USR2 are forwarded; INT and QUIT as TERM.
set -u
[ $# -gt 0 ] || { echo "run-masked.sh: no program" >&2; exit 64; }
# LC_ALL=C matches bytes: with UTF-8, invalid sequences would match nothing.
mask() { LC_ALL=C exec sed -u -E "$masks"; }
here=$(cd "$(dirname "$0")" && pwd)
in_files() { /bin/sh "$here/daily-log.sh" "$EINWAHL_LOG_DIR" "${EINWAHL_LOG_NAME:-engine}" "${EINWAHL_LOG_DAYS:-7}"; }
filter() { if [ -n "${EINWAHL_LOG_DIR:-}" ]; then mask | in_files; else mask; fi; }
c1=$(printf '\302[\200-\237]')
# Newlines split digits that must be kept, and are removed at the end: a line contains none of its own. Separators count only
# after the start of a telephone number ("+", "0", "tel:"), because dates, versions and addresses contain them too.
masks='
s/[[:cntrl:]]|'$c1'/?/g
s/[0-9a-f]{64}/[key]/g
s/^(20)([0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}[.,][0-9]{3})([0-9]{3})?/\1\n\2\n\3\n/
s/([0-9]\.[0-9]{1,3}\.[0-9]{1,3}|[0-9A-Fa-f:]{2}\]):([0-9]{2})([0-9]{2,3})([^0-9%]|$)/\1:\2\n\3\4/g
s/([A-Za-z_]\.(c|cc|cpp|h|hpp):[0-9]{2})([0-9]{2,3})([^0-9%]|$)/\1\n\3\4/g
s/([0-9a-f]{3})([0-9a-f]{3})([0-9a-f]{2})(-[0-9a-f]{3})([0-9a-f])(-[0-9a-f]{3})([0-9a-f])(-[0-9a-f]{3})([0-9a-f]-[0-9a-f]{12})/\1\n\2\n\3\4\n\5\6\n\7\8\n\9/g
s/(\n[0-9a-f]-[0-9a-f]{3})([0-9a-f]{3})([0-9a-f]{3})([0-9a-f]{3})/\1\n\2\n\3\n\4/g
s/(\+|%2[Bb]|[Tt][Ee][Ll]:)([-. ()\/]{0,2}([0-9]|%3[0-9])){4,}/\1[number]/g
s/(0|%30)([- ()\/]{0,2}([0-9]|%3[0-9])){4,}/[number]/g
s/([0-9]|%3[0-9]){4,}/[number]/g
s/((DTMF|dtmf|Digit|DIGIT|Signal|signal|packet for)[ (=:[]{1,4})[0-9A-D*#]([^0-9A-Za-z]|$)/\1[key]\3/g
s/\n//g
'
echo | sed -u -E "$masks" >/dev/null 2>&1 || { echo "run-masked.sh: this sed can't mask line by line (sed -u -E)" >&2; exit 78; }
# Fails before the program starts if the folder is not writable.
[ -z "${EINWAHL_LOG_DIR:-}" ] || in_files </dev/null || exit 78

# Opens both ends of the pipe without blocking, and removes its name before the program starts.
folder=$(mktemp -d) && mkfifo "$folder/output" || exit 78
exec 3<>"$folder/output" && exec 4<"$folder/output" && exec 5>"$folder/output" 3>&- && rm -r "$folder" || exit 78
# The filter ends after the program's last line, not on a signal to the process group.
(trap '' TERM INT QUIT HUP; filter) <&4 4<&- 5>&- &
filter=$!
# If this shell is killed, the program must not continue without its log.
if setpriv --pdeathsig KILL true 2>/dev/null; then set -- setpriv --pdeathsig KILL "$@"; fi
# Background programs of a shell ignore INT and QUIT, so they are forwarded as TERM below.
"$@" </dev/null >&5 2>&5 4<&- 5>&- &
program=$!
exec 4<&- 5>&-

interrupted=
forward() { interrupted=yes; kill -s "$1" "$program" 2>/dev/null; }
trap 'forward TERM' TERM INT QUIT
for signal in HUP USR1 USR2; do trap "forward $signal" "$signal"; done
# A signal interrupts wait, whose status is then not the program's.
status=
while [ -z "$status" ] || [ -n "$interrupted" ]; do
  interrupted=
  wait "$program"
  now=$?
  # 127: an earlier wait already returned the status.
  [ -n "$status" ] && [ "$now" = 127 ] || status=$now
done
# Flushes the last lines, for 3 s at most in case the log's reader has stopped.
(sleep 3; kill -s KILL "$filter") >/dev/null 2>&1 &
guard=$!
wait "$filter"
kill "$guard" 2>/dev/null
exit "$status"
