#!/bin/sh
# Starts Redis in the foreground, on 127.0.0.1 with the port and password of the URL that einwahl uses as rooms.store;
# "ping" tests whether the running Redis responds. The password never appears on a command line.
#   EINWAHL_REDIS_URL_FILE   a file with redis://:PASSWORD@127.0.0.1:PORT (default /run/secrets/redis-url)
#   EINWAHL_REDIS_DIR        its folder (default /data)
set -eu
# No core dumps. An inherited limit of 1 byte stays, which also stops piped dumps (docker-compose.yml).
[ "$(ulimit -H -c)" = 0 ] || ulimit -c 0
refuse() { echo "start-redis.sh: $1" >&2; exit 78; }
file=${EINWAHL_REDIS_URL_FILE:-/run/secrets/redis-url}
[ -r "$file" ] || refuse "cannot read $file"
url=$(cat "$file")
password=${url#redis://:}
password=${password%%@*}
port=${url##*:}
case $url in redis://:?*@127.0.0.1:[1-9]*) ;; *) refuse "$file must hold redis://:PASSWORD@127.0.0.1:PORT" ;; esac
case $port in *[!0-9]*) refuse "$file must end with a port" ;; esac
case $password in *[!A-Za-z0-9._~-]*) refuse "the password may hold letters, digits and . _ ~ - only" ;; esac
[ "${#password}" -ge 32 ] || refuse "the password must have 32 characters or more: openssl rand -hex 32"

if [ "${1:-}" = ping ]; then
  REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$port" ping | grep -q PONG
  exit
fi
# Frequent rewrites of the append-only file remove deleted data from disk. Redis' default minimum is 64 MB.
exec redis-server - <<SETTINGS
bind 127.0.0.1
port $port
protected-mode yes
requirepass $password
dir ${EINWAHL_REDIS_DIR:-/data}
appendonly yes
auto-aof-rewrite-min-size 256kb
loglevel warning
SETTINGS
