#!/bin/sh
# Writes its standard input into a file for each day, in UTC, and deletes those that are too old:
#   daily-log.sh FOLDER NAME [DAYS]     FOLDER/NAME-2026-11-26.log; DAYS with today's among them, 1 to 7 (default 7)
# A disk that is full costs lines and nothing else: the program that writes must never wait for its log.
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

# By the date in its name, so that a copied or touched file goes too.
delete_expired() {
  oldest=$(date -u -d "@$(($(date +%s) - (days - 1) * 86400))" +%Y%m%d) || return
  for file in "$folder/$name"-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].log; do
    day=${file%.log}
    day=$(printf %s "${day#"$folder/$name-"}" | tr -d -)
    case $day in *[!0-9]*) continue ;; esac
    [ "$day" -ge "$oldest" ] || rm -f -- "$file"
  done
}
# Also while nothing is written. USR1 ends it, since TERM is ignored where run-masked.sh starts this.
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
# It ends with its input, not by a signal to all of the group: the last lines tell why.
trap '' HUP INT QUIT TERM

# mawk waits for 4 kB of input otherwise; the others know no such option.
case $(awk -W version 2>&1 </dev/null) in mawk*) interactive="-W interactive" ;; *) interactive= ;; esac
# awk knows the day without a process for each line; the shell forgives a write that fails.
# shellcheck disable=SC2086
TZ=UTC0 awk $interactive '{ print strftime("%Y-%m-%d", systime()) " " $0; fflush() }' |
  while IFS= read -r line; do
    { printf '%s\n' "${line#* }" >> "$folder/$name-${line%% *}.log"; } 2>/dev/null || :
  done
kill -s USR1 "$cleaner" 2>/dev/null
delete_expired
exit 0
