#!/bin/sh
# Starts drachtio-server in the foreground with the configuration beside this script, and what differs between hosts:
#   DRACHTIO_SECRET, or DRACHTIO_SECRET_FILE (a file with nothing but the secret): required
#   EINWAHL_LOCAL_ADDRESS    the address of this host towards the trunk: required
#   EINWAHL_PUBLIC_ADDRESS   how the trunk sees it, if it differs (NAT)
#   EINWAHL_SIP_PORT, EINWAHL_SIP_TLS_PORT, EINWAHL_SIP_LOCAL_PORT   default 5060, 5061, 5070
#   DRACHTIO_TLS_KEY_FILE, DRACHTIO_TLS_CERT_FILE, DRACHTIO_TLS_CHAIN_FILE
#       default: key.pem, cert.pem, chain.pem in /etc/drachtio/tls; without a chain the certificate's file counts as one.
#       Without key and certificate a self-signed one is made, which is enough for a trunk that registers (no registrar looks at it)
#       and not for one that calls in by itself
#   EINWAHL_DRACHTIO_STATE_DIR   writable folder for that (default /var/lib/einwahl-drachtio)
#   EINWAHL_TRUNK_CA         PEM file of the authorities that the registrar's certificate must come from. drachtio then also
#       wants a certificate of everybody who connects: right for trunks that register, and only for them. Without it the
#       registrar is not verified. The host name never is: the fewer authorities, the better
#   EINWAHL_LOG_DIR, EINWAHL_LOG_DAYS   the log in files of a day there, instead of on standard output (run-masked.sh)
# and all others of drachtio (DRACHTIO_LOGLEVEL, DRACHTIO_TLS_CIPHER_LIST ...). An empty variable counts as none.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
refuse() { echo "start-drachtio.sh: $1" >&2; exit 78; }
for name in $(env | sed -n 's/^\(\(EINWAHL\|DRACHTIO\)_[A-Z_]*\)=$/\1/p'); do unset "$name"; done

# No core dump of what calls hold. A limit of 1 byte from outside (docker-compose.yml) is left, as the kernel then pipes
# none either; otherwise what goes into a pipe is empty: the filter is inherited.
[ "$(ulimit -H -c)" = 0 ] || ulimit -c 0
{ echo 0 > /proc/self/coredump_filter; } 2>/dev/null || :

if [ -n "${DRACHTIO_SECRET_FILE:-}" ]; then
  [ -r "$DRACHTIO_SECRET_FILE" ] || refuse "cannot read $DRACHTIO_SECRET_FILE"
  DRACHTIO_SECRET=$(cat "$DRACHTIO_SECRET_FILE")
fi
case ${DRACHTIO_SECRET:-} in
  "" | cymru | change-me) refuse "set DRACHTIO_SECRET_FILE to a secret of your own" ;;
  *[!A-Za-z0-9._~-]*) refuse "the secret may hold letters, digits and . _ ~ - only" ;;
esac
export DRACHTIO_SECRET

local_address=${EINWAHL_LOCAL_ADDRESS:-}
[ -n "$local_address" ] || refuse "set EINWAHL_LOCAL_ADDRESS to the address of this host"
public_address=${EINWAHL_PUBLIC_ADDRESS:-$local_address}

tls=/etc/drachtio/tls
export DRACHTIO_TLS_KEY_FILE="${DRACHTIO_TLS_KEY_FILE:-$tls/key.pem}"
export DRACHTIO_TLS_CERT_FILE="${DRACHTIO_TLS_CERT_FILE:-$tls/cert.pem}"
# A certificate's file usually holds its chain, too (fullchain.pem): drachtio ends without a chain file that it can read.
if [ -z "${DRACHTIO_TLS_CHAIN_FILE:-}" ]; then
  DRACHTIO_TLS_CHAIN_FILE=$tls/chain.pem
  if [ ! -e "$DRACHTIO_TLS_CHAIN_FILE" ] || [ "$DRACHTIO_TLS_CERT_FILE" != "$tls/cert.pem" ]; then DRACHTIO_TLS_CHAIN_FILE=$DRACHTIO_TLS_CERT_FILE; fi
fi
export DRACHTIO_TLS_CHAIN_FILE
if [ ! -e "$DRACHTIO_TLS_KEY_FILE" ] && [ ! -e "$DRACHTIO_TLS_CERT_FILE" ]; then
  state=${EINWAHL_DRACHTIO_STATE_DIR:-/var/lib/einwahl-drachtio}
  umask 077
  mkdir -p "$state"
  [ -e "$state/cert.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj "/CN=$public_address" -keyout "$state/key.pem" -out "$state/cert.pem" 2>/dev/null
  DRACHTIO_TLS_KEY_FILE=$state/key.pem DRACHTIO_TLS_CERT_FILE=$state/cert.pem DRACHTIO_TLS_CHAIN_FILE=$state/cert.pem
fi
[ -r "$DRACHTIO_TLS_KEY_FILE" ] || refuse "cannot read $DRACHTIO_TLS_KEY_FILE"
[ -r "$DRACHTIO_TLS_CERT_FILE" ] || refuse "cannot read $DRACHTIO_TLS_CERT_FILE"
[ -r "$DRACHTIO_TLS_CHAIN_FILE" ] || refuse "cannot read $DRACHTIO_TLS_CHAIN_FILE"

if [ -n "${EINWAHL_TRUNK_CA:-}" ]; then
  [ -r "$EINWAHL_TRUNK_CA" ] || refuse "cannot read $EINWAHL_TRUNK_CA"
  export DRACHTIO_TLS_VERIFY_CLIENT_CERT=1 DRACHTIO_TLS_CHAIN_FILE="$EINWAHL_TRUNK_CA"
fi

# Forward secrecy only: who records the connection and gets the key later can't read it. The last two are for old trunks.
ciphers=TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256
for key in ECDSA RSA; do
  ciphers=$ciphers:ECDHE-$key-AES256-GCM-SHA384:ECDHE-$key-CHACHA20-POLY1305:ECDHE-$key-AES128-GCM-SHA256
done
export DRACHTIO_TLS_CIPHER_LIST="${DRACHTIO_TLS_CIPHER_LIST:-$ciphers:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256}"

# A caller who names itself sip: over TLS gets a sip: Contact, not a sips: one.
export DRACHTIO_SUPPORT_BEST_EFFORT_TLS=1

# The first contact is for the media server beside it: a loopback address keeps its Contact out of the NAT.
set -- --contact "sip:127.0.0.1:${EINWAHL_SIP_LOCAL_PORT:-5070};transport=udp"
for contact in "sip:$local_address:${EINWAHL_SIP_PORT:-5060};transport=udp,tcp" "sips:$local_address:${EINWAHL_SIP_TLS_PORT:-5061};transport=tls"; do
  set -- "$@" --contact "$contact"
  [ "$public_address" = "$local_address" ] || set -- "$@" --external-ip "$public_address"
done
export EINWAHL_LOG_NAME=drachtio
# Malformed headers are printed at every level, with the numbers in them: digits are masked.
exec /bin/sh "$here/run-masked.sh" drachtio --file "${DRACHTIO_CONFIG_FILE:-$here/drachtio.conf.xml}" "$@"
