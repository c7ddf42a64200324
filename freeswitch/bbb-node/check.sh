#!/bin/sh
# Tests whether a BBB server accepts calls from this host. Run it on einwahl's gateway, and once on another host.
#   check.sh HOST [PORT [CA-FILE]]      default: PORT 5081, CA-FILE the system's authorities
# On the BBB server itself it also checks the LiveKit settings that determine the callers' names.
# Exits with 0 if calls from this host would be accepted, else 1. It starts no conference: an answered call is ended at once.
set -u
host=${1:?usage: check.sh HOST [PORT [CA-FILE]]} port=${2:-5081} ca=${3:-/etc/ssl/certs/ca-certificates.crt}
status=0
good() { echo "ok    $1"; }
bad() { echo "FAULT $1"; status=1; }
case $host in *[!0-9.]*) name="DNS:$host" ;; *) name="(URI:sip:|IP Address:)$host" ;; esac

# Sends its input over TLS and prints the first final response. $1: seconds to wait for it.
send() {
  { cat; sleep "$1"; } | timeout 8 openssl s_client -quiet -no_ign_eof -verify_return_error -CAfile "$ca" -connect "$host:$port" 2>/dev/null |
    tr -d '\r' | sed -n '/^SIP\/2.0 [2-6]/,/^$/p'
}
crlf=$(printf '\r\n_')
crlf=${crlf%_}
# Prints a SIP request: $1 method, $2 user, $3 body, $4 CSeq, $5 To header of a dialog.
request() {
  type=""
  [ -z "$3" ] || type="Content-Type: application/sdp$crlf"
  printf '%s' "$1 sip:$2$host:$port;transport=tls SIP/2.0${crlf}Via: SIP/2.0/TLS einwahl-check.invalid;branch=z9hG4bK$id$1;rport${crlf}Max-Forwards: 70${crlf}From: <sip:einwahl-check@einwahl-check.invalid>;tag=$id${crlf}To: ${5:-<sip:$2$host>}${crlf}Call-ID: $id${crlf}CSeq: ${4:-1} $1${crlf}Contact: <sip:einwahl-check@einwahl-check.invalid;transport=tls>${crlf}User-Agent: einwahl-check${crlf}${type}Content-Length: ${#3}$crlf$crlf$3"
}
# Prints the status line of the final response. Ends an answered call at once.
ask() {
  id=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
  response=$(request "$@" | send "${wait:-2}")
  case $1$response in
    "INVITESIP/2.0 2"*)
      to=$(echo "$response" | sed -n 's/^To: *//p')
      { request ACK "$2" "" 1 "$to"; request BYE "$2" "" 2 "$to"; } | send 1 >/dev/null ;;
  esac
  echo "$response" | head -n 1
}

certificate=$(echo | timeout 8 openssl s_client -connect "$host:$port" -servername "$host" 2>/dev/null | openssl x509 2>/dev/null)
if [ -z "$certificate" ]; then
  bad "no TLS on $host:$port (firewall? external_ssl_enable?)"
  exit 1
fi
if echo | timeout 8 openssl s_client -verify_return_error -CAfile "$ca" -connect "$host:$port" >/dev/null 2>&1; then
  good "the certificate is from a trusted authority"
else
  bad "the certificate is not trusted: is the whole chain in agent.pem?"
fi
if echo "$certificate" | openssl x509 -noout -ext subjectAltName -subject 2>/dev/null | grep -qE "$name(,|\$)|CN ?= ?$host\$"; then
  good "the certificate is for $host"
else
  bad "the certificate is not for $host; FreeSWITCH supports no wildcards (EINWAHL_FS_TLS_VERIFY_POLICY=out ignores the name)"
fi
if echo | timeout 8 openssl s_client -tls1_1 -cipher 'DEFAULT@SECLEVEL=0' -connect "$host:$port" >/dev/null 2>&1; then
  bad "TLS 1.1 is still enabled: set sip_tls_version to tlsv1.2"
else
  good "TLS below 1.2 is refused"
fi
case $(ask OPTIONS "" "") in
  "SIP/2.0 200"*) good "FreeSWITCH responds" ;;
  *) bad "FreeSWITCH does not respond to OPTIONS" ;;
esac
# Calls without SRTP are refused, so this opens no conference; but the gateway gets another response than an unknown source.
sdp="v=0${crlf}o=- 1 1 IN IP4 192.0.2.1${crlf}s=-${crlf}c=IN IP4 192.0.2.1${crlf}t=0 0${crlf}m=audio 9 RTP/AVP 8${crlf}a=inactive$crlf"
answer=$(ask INVITE 00000000000@ "$sdp")
case $answer in
  # BBB's limit of 30 sessions a second includes web users and refused calls of unknown sources.
  "SIP/2.0 503 Maximum"*) sleep 1; answer=$(ask INVITE 00000000000@ "$sdp") ;;
esac
case $answer in
  "SIP/2.0 488"*) good "calls from this host are accepted, with SRTP" ;;
  "SIP/2.0 2"*) bad "calls from this host are accepted without SRTP, too: does dialplan/public contain another file than 01_einwahl.xml?" ;;
  "SIP/2.0 480"* | "SIP/2.0 404"*) bad "calls from this host are not accepted (correct, unless this is the gateway)" ;;
  "SIP/2.0 603"*) bad "the name of this call is refused: see reject_anonymous in dialplan/default/bbb_conference.xml" ;;
  "SIP/2.0 503"*) bad "no session is free: BBB's FreeSWITCH accepts 30 a second; is the port being scanned?" ;;
  *) bad "unexpected response to a call: ${answer:-none}" ;;
esac

# Through the same FreeSWITCH to LiveKit (02_einwahl_livekit.xml). No room has eleven zeros, so no participant is created.
livekit() {
  case $(ask INVITE livekit-00000000000@ "$sdp") in
    "SIP/2.0 488"*) good "calls to LiveKit meetings are accepted, with SRTP" ;;
    "SIP/2.0 480"* | "SIP/2.0 404"*)
      bad "calls to LiveKit meetings are not accepted: 02_einwahl_livekit.xml is not in dialplan/public (not needed without LiveKit: set audio_bridge: freeswitch)"
      return ;;
    *) bad "unexpected response to a call to a LiveKit meeting"; return ;;
  esac
  key=$(od -An -N30 -tx1 /dev/urandom | tr -d ' \n' | cut -c 1-40)
  srtp=$(echo "$sdp" | sed 's,RTP/AVP,RTP/SAVP,')"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:$key$crlf"
  # livekit-sip sends no final response without a room: FreeSWITCH cancels after 5 s.
  case $(wait=6 && ask INVITE livekit-00000000000@ "$srtp") in
    "SIP/2.0 404 No LiveKit"*) good "LiveKit accepts them, if it is installed there" ;;
    "SIP/2.0 503 LiveKit"*) bad "livekit-sip does not respond there: systemctl status livekit-sip livekit-server; is einwahl_livekit.xml in sip_profiles?" ;;
    *) bad "unexpected response to a call to a LiveKit meeting that does not exist" ;;
  esac
}
# Prints a setting of bbb-webrtc-sfu: $1 its keys, joined with dots.
setting() {
  awk -v want="$1" '
    /^[ \t]*(#|$)/ { next }
    { match($0, /^ */); depth = RLENGTH; key = substr($0, depth + 1); value = key; sub(/:.*/, "", key); sub(/^[^:]*: */, "", value); sub(/ *#.*/, "", value)
      while (n > 0 && at[n] >= depth) n--
      at[++n] = depth; name[n] = key; path = name[1]
      for (i = 2; i <= n; i++) path = path "." name[i]
      if (path == want) print value }' "$sfu" 2>/dev/null | tail -n 1
}
shown() {
  case $(setting livekit.sip.dispatch.options.hidePhoneNumber) in
    true) good "LiveKit shows only the last four digits of callers (hidePhoneNumber)" ;;
    *) bad "LiveKit shows more of callers than the last four digits: set livekit.sip.dispatch.options.hidePhoneNumber: true in $sfu" ;;
  esac
  case $(setting livekit.sip.enabled) in
    false) bad "bbb-webrtc-sfu creates no telephone numbers in LiveKit: livekit.sip.enabled is false in $sfu" ;;
  esac
  case $(setting livekit.sip.requirePin) in
    true) bad "LiveKit asks callers for a second PIN: livekit.sip.requirePin is true in $sfu" ;;
  esac
}
[ $status -ne 0 ] || livekit
sfu=${EINWAHL_CHECK_ETC:-/etc/bigbluebutton}/bbb-webrtc-sfu/production.yml
[ ! -e "${sfu%/*}" ] || shown
exit $status
