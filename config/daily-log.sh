#!/bin/sh
# Writes its standard input into one file per day (UTC) and deletes expired files:
#   daily-log.sh FOLDER NAME [DAYS]     FOLDER/NAME-2026-11-26.log; DAYS to keep including today, 1 to 7 (default 7)
# A full disk only loses lines: the program must never block on its log.
set -u
refuse() { echo "daily-log.sh: $1" >&2; exit 78; }
[ $# -ge 2 ] || { echo "usage: daily-log.sh FOLDER NAME [DAYS]" >&2; exit 64; }
folder=$1
name=$2
days=${3:-7}
case $days in [1-7]) ;; *) refuse "the days to keep must be 1 to 7" ;; esac
umask 027
mkdir -p "$folder" 2>/dev/null
[ -d "$folder" ] && [ -w "$folder" ] || refuse "cannot write to $folder"

# By the date in the name, not the mtime, so that copied or touched files are deleted too.
delete_expired() {
  oldest=$(date -u -d "@$(($(date +%s) - (days - 1) * 86400))" +%Y%m%d) || return
  for file in "$folder/$name"-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].log; do
    day=${file%.log}
    day=$(printf %s "${day#"$folder/$name-"}" | tr -d -)
    case $day in *[!0-9]*) continue ;; esac
    [ "$day" -ge "$oldest" ] || rm -f -- "$file"
  done
}
# Runs every 600 s, also while nothing is written. USR1 ends it: TERM is ignored under run-masked.sh.
(
  trap '' HUP INT QUIT
  trap 'kill -s USR1 "$pause"; exit' USR1
  while kill -0 $$; do
    delete_expired
    sleep 600 &
    pause=$!
    wait "$pause"
  done
) </dev/null >/dev/null 2>&1 &
cleaner=$!
# Ends at end of input, not on a signal to the process group: the last lines give the reason of a shutdown.
trap '' HUP INT QUIT TERM

# mawk buffers 4 kB of input without this option; other awks do not have it.
case $(awk -W version 2>&1 </dev/null) in mawk*) interactive="-W interactive" ;; *) interactive= ;; esac
# awk computes the day without a process per line; the shell survives a failed write.
# shellcheck disable=SC2086
TZ=UTC0 awk $interactive '{ print strftime("%Y-%m-%d", systime()) " " $0; fflush() }' |
  while IFS= read -r line; do
    { printf '%s\n' "${line#* }" >> "$folder/$name-${line%% *}.log"; } 2>/dev/null || :
  done
kill -s USR1 "$cleaner" 2>/dev/null
delete_expired
exit 0
