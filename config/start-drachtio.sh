#!/bin/sh
# Starts drachtio-server in the foreground with the configuration beside this script and these host-specific variables:
#   DRACHTIO_SECRET, or DRACHTIO_SECRET_FILE (a file with only the secret): required
#   EINWAHL_LOCAL_ADDRESS    the address of this host towards the trunk: required
#   EINWAHL_PUBLIC_ADDRESS   the public address, if it differs (NAT)
#   EINWAHL_SIP_PORT, EINWAHL_SIP_TLS_PORT, EINWAHL_SIP_LOCAL_PORT   default 5060, 5061, 5070
#   DRACHTIO_TLS_KEY_FILE, DRACHTIO_TLS_CERT_FILE, DRACHTIO_TLS_CHAIN_FILE
#       default: key.pem, cert.pem, chain.pem in /etc/drachtio/tls; without a chain file the certificate's file is used.
#       Without key and certificate a self-signed one is generated. It is enough for a trunk that registers (registrars do not
#       verify it), not for one that connects to this host
#   EINWAHL_DRACHTIO_STATE_DIR   writable folder for that (default /var/lib/einwahl-drachtio)
#   EINWAHL_TRUNK_CA         PEM file of the authorities for the registrar's certificate. drachtio then also demands a
#       certificate from every peer that connects, so set it only if all trunks register. Without it the registrar is not
#       verified. The host name never is, so name as few authorities as possible
#   EINWAHL_LOG_DIR, EINWAHL_LOG_DAYS   write daily log files there instead of standard output (run-masked.sh)
# All variables of drachtio itself also apply (DRACHTIO_LOGLEVEL, DRACHTIO_TLS_CIPHER_LIST ...). Empty variables are ignored.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
refuse() { echo "start-drachtio.sh: $1" >&2; exit 78; }
for name in $(env | sed -n 's/^\(\(EINWAHL\|DRACHTIO\)_[A-Z_]*\)=$/\1/p'); do unset "$name"; done

# No core dumps: memory holds numbers and PINs. An inherited limit of 1 byte (docker-compose.yml) stays, which also stops piped
# dumps; otherwise the inherited coredump_filter makes piped dumps empty.
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
# drachtio exits without a readable chain file. The certificate's file usually contains the chain (fullchain.pem).
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

# Forward secrecy only: a recorded connection stays unreadable if the key leaks later. The last two are for old trunks.
ciphers=TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256
for key in ECDSA RSA; do
  ciphers=$ciphers:ECDHE-$key-AES256-GCM-SHA384:ECDHE-$key-CHACHA20-POLY1305:ECDHE-$key-AES128-GCM-SHA256
done
export DRACHTIO_TLS_CIPHER_LIST="${DRACHTIO_TLS_CIPHER_LIST:-$ciphers:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256}"

# A caller with a sip: URI over TLS gets a sip: Contact, not a sips: one.
export DRACHTIO_SUPPORT_BEST_EFFORT_TLS=1

# The first contact is for a local media server: on loopback its Contact is not rewritten for NAT.
set -- --contact "sip:127.0.0.1:${EINWAHL_SIP_LOCAL_PORT:-5070};transport=udp"
for contact in "sip:$local_address:${EINWAHL_SIP_PORT:-5060};transport=udp,tcp" "sips:$local_address:${EINWAHL_SIP_TLS_PORT:-5061};transport=tls"; do
  set -- "$@" --contact "$contact"
  [ "$public_address" = "$local_address" ] || set -- "$@" --external-ip "$public_address"
done
export EINWAHL_LOG_NAME=drachtio
# drachtio prints malformed headers with callers' numbers at every level, so digits are masked.
exec /bin/sh "$here/run-masked.sh" drachtio --file "${DRACHTIO_CONFIG_FILE:-$here/drachtio.conf.xml}" "$@"
