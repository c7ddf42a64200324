/** A test's settings for its carrier. */
export interface KamailioConfig {
  /** The address on which it accepts REGISTER; IPv6 in brackets. */
  readonly registrarAddress: string;
  readonly registrarPort: number;
  readonly networkPort: number;
  readonly networkTlsPort: number;
  readonly controlPort: number;
  readonly realm: string;
  /** Whether digests have qop=auth (RFC 2617). */
  readonly qop: boolean;
  readonly username: string;
  readonly password: string;
  /** Whether the customer may call: from its registered user, and only its own number. */
  readonly takesCalls: boolean;
  /** The maximum granted expiry, seconds. */
  readonly grantedExpiry: number;
  /** The UDP port of the rtpengine that relays the calls' RTP; `undefined`: caller and customer exchange it directly. */
  readonly mediaRelayPort: number | undefined;
  /** PEM files. */
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly tlsConfigFile: string;
}

/** SRTP towards the customer, with rtpengine's defaults: all its suites, and DTLS in addition. */
export const defaultMediaFlags = "RTP/SAVP";

export function tlsConfiguration(config: Pick<KamailioConfig, "certificateFile" | "keyFile">): string {
  const server = [
    "method = TLSv1.2+",
    "verify_certificate = no",
    "require_certificate = no",
    `certificate = ${config.certificateFile}`,
    `private_key = ${config.keyFile}`,
  ];
  return ["[server:default]", ...server, "[client:default]", "method = TLSv1.2+", "verify_certificate = no", ""].join(
    "\n",
  );
}

/**
 * A carrier like easybell (see docs/reference/trunks.md): digest without qop and algorithm, its own realm, the granted expiry in
 * the Contact, private Contacts accepted, calls delivered only over the registered TLS connection, with the dialled
 * number in To, P-Asserted-Identity and Record-Route. Calls arrive from "the telephone network": separate ports.
 */
export function kamailioConfiguration(config: KamailioConfig): string {
  const {
    registrarAddress,
    registrarPort,
    networkPort,
    networkTlsPort,
    controlPort,
    realm,
    qop,
    username,
    password,
    takesCalls,
    grantedExpiry,
    tlsConfigFile,
    mediaRelayPort,
  } = config;
  return `#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=2
enable_tls=yes
tcp_accept_no_cl=yes
tcp_connection_lifetime=3600
auto_aliases=no
dns=no
rev_dns=no
listen=tls:${registrarAddress}:${registrarPort}
listen=udp:127.0.0.1:${networkPort}
listen=tcp:127.0.0.1:${networkPort}
listen=tls:127.0.0.1:${networkTlsPort}
listen=tcp:127.0.0.1:${controlPort}

${[
  "tls",
  "jsonrpcs",
  "kex",
  "corex",
  "tm",
  "tmx",
  "sl",
  "rr",
  "pv",
  "maxfwd",
  "usrloc",
  "registrar",
  "textops",
  "siputils",
  "xlog",
  "auth",
  "nathelper",
  "xhttp",
]
  .concat(mediaRelayPort === undefined ? [] : ["rtpengine"])
  .map((module) => `loadmodule "${module}.so"`)
  .join("\n")}
${mediaRelayPort === undefined ? "" : `modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${mediaRelayPort}")`}

modparam("tls", "config", "${tlsConfigFile}")
modparam("jsonrpcs", "transport", 1)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", ${grantedExpiry})
modparam("registrar", "min_expires", 1)
modparam("registrar", "default_expires", ${grantedExpiry})
modparam("registrar|nathelper", "received_avp", "$avp(received)")
modparam("rr", "enable_double_rr", 1)
modparam("pv", "shvset", "suite=s:keep")
modparam("pv", "shvset", "relay=s:keep")
modparam("pv", "shvset", "register=s:take")
modparam("pv", "shvset", "media=s:${defaultMediaFlags}")

event_route[core:worker-one-init] {
	xlog("L_WARN", "EVENT ready\\n");
}

event_route[xhttp:request] {
	if ($Rp == ${controlPort}) jsonrpc_dispatch();
}

request_route {
	if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
	force_rport();
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	if (has_totag()) route(WITHIN);
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("REGISTER")) route(REGISTRAR);
	if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
	route(DELIVER);
}

route[REGISTRAR] {
	if ($Rp != ${registrarPort}) { sl_send_reply("403", "Forbidden"); exit; }
	if ($shv(register) == "unavailable") {
		xlog("L_WARN", "EVENT unavailable\\n");
		append_to_reply("Retry-After: 120 (maintenance);duration=600\\r\\n");
		sl_send_reply("503", "Service Unavailable");
		exit;
	}
	if ($shv(register) == "moved") {
		xlog("L_WARN", "EVENT moved\\n");
		append_to_reply("Contact: <sip:sbc.example.net:5071;transport=tls>\\r\\n");
		sl_send_reply("302", "Moved Temporarily");
		exit;
	}
	if (!pv_auth_check("${realm}", "${password}", "0", "1") || $au != "${username}") {
		xlog("L_WARN", "EVENT challenged auth=$(hdr(Authorization){s.len})\\n");
		www_challenge("${realm}", "${qop ? 1 : 0}");
		exit;
	}
	consume_credentials();
	fix_nated_register();
	if ($shv(register) == "unreadable") append_to_reply("X-Node sbc-3 (the colon is missing)\\r\\n");
	save("location");
	if ($rc == 3) xlog("L_WARN", "EVENT unregistered $tU from $si:$sp $proto call $ci cseq $cs\\n");
	else if ($rc == 1) xlog("L_WARN", "EVENT registered $tU from $si:$sp $proto call $ci cseq $cs ruri $ru digest $adu\\n");
	else if ($rc == 2) xlog("L_WARN", "EVENT refreshed $tU from $si:$sp $proto call $ci cseq $cs\\n");
	else xlog("L_WARN", "EVENT not-saved $rc\\n");
	exit;
}

# A call from the telephone network to one of the customer's numbers.
route[DELIVER] {
	if ($Rp == ${registrarPort}) ${takesCalls ? "route(OUTGOING);" : `{ sl_send_reply("403", "Forbidden"); exit; }`}
	record_route();
	add_contact_alias();
	$ru = "sip:${username}@127.0.0.1";
	if (!lookup("location")) {
		xlog("L_WARN", "EVENT undeliverable nobody is registered\\n");
		sl_send_reply("480", "Temporarily Unavailable");
		exit;
	}
	if (!is_present_hf("P-Asserted-Identity")) append_hf("P-Asserted-Identity: <sip:$fU@${realm}>\\r\\n");
	route(SUITE);
	route(MEDIA);
	set_forward_no_connect();
	t_on_reply("ANSWER");
	t_on_failure("FAILED");
	if (!t_relay()) {
		xlog("L_WARN", "EVENT undeliverable no flow to $du\\n");
		sl_reply_error();
	}
	exit;
}

# A call of the customer's: to the telephone network, which brings one to the customer's own number back.
route[OUTGOING] {
	if (!pv_auth_check("${realm}", "${password}", "0", "0") || $au != "${username}") {
		proxy_challenge("${realm}", "${qop ? 1 : 0}");
		exit;
	}
	consume_credentials();
	xlog("L_WARN", "EVENT outgoing from $fU to $rU\\n");
}

# Towards the customer as the test wants it, towards the telephone network plain RTP; keys, ports and the end of the relay follow
# from the messages themselves.
route[MEDIA] {
	${
    mediaRelayPort === undefined
      ? "return;"
      : `if (is_method("INVITE") && has_totag() && $shv(relay) == "replace") {
		$shv(relay) = "keep";
		rtpengine_delete();
	}
	if ($Rp == ${registrarPort}) rtpengine_manage("RTP/AVP"); else rtpengine_manage("$shv(media)");`
  }
}

# baresip offers one suite only. Its key is 44 random bytes of which it shows as many as the suite needs, and it takes the
# suite from the answer: so the carrier may ask for another suite that needs no more than the 30 bytes shown.
route[SUITE] {
	if ($shv(suite) == "AES_CM_128_HMAC_SHA1_32") {
		subst_body('/AES_CM_128_HMAC_SHA1_80 inline:/AES_CM_128_HMAC_SHA1_32 inline:/');
	} else if ($shv(suite) == "AEAD_AES_128_GCM") {
		subst_body('/AES_CM_128_HMAC_SHA1_80 inline:(.{37})[A-P]../AEAD_AES_128_GCM inline:\\1A==/');
		subst_body('/AES_CM_128_HMAC_SHA1_80 inline:(.{37})[Q-Za-f]../AEAD_AES_128_GCM inline:\\1Q==/');
		subst_body('/AES_CM_128_HMAC_SHA1_80 inline:(.{37})[g-v]../AEAD_AES_128_GCM inline:\\1g==/');
		subst_body('/AES_CM_128_HMAC_SHA1_80 inline:(.{37})[w-z0-9+\\/]../AEAD_AES_128_GCM inline:\\1w==/');
	} else if ($shv(suite) == "unknown-first") {
		subst_body('/^a=crypto:1 (.*)/a=crypto:7 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\\r\\na=crypto:1 \\1/');
	} else if ($shv(suite) == "only-unknown") {
		subst_body('/AES_CM_128_HMAC_SHA1_80/F8_128_HMAC_SHA1_80/');
	}
}

route[WITHIN] {
	if (loose_route()) {
		handle_ruri_alias();
		set_forward_no_connect();
		t_on_reply("ANSWER");
		if (is_method("INVITE|UPDATE")) add_contact_alias();
		if (is_method("INVITE|UPDATE|ACK|BYE")) route(MEDIA);
		if (!t_relay()) sl_reply_error();
		exit;
	}
	if (is_method("ACK")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	sl_send_reply("404", "Not here");
	exit;
}

onreply_route[ANSWER] {
	if (is_method("INVITE|UPDATE")) add_contact_alias();
	if (is_method("INVITE|UPDATE") && has_body("application/sdp")) route(MEDIA);
	if (is_method("INVITE") && status =~ "[12]..") xlog("L_WARN", "EVENT answered $rs from $si:$sp $proto\\n");
}

failure_route[FAILED] {
	route(MEDIA);
	xlog("L_WARN", "EVENT failed $T_reply_code\\n");
}
`;
}
