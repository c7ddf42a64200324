/* Messages of sipp's scenarios. The caller's number is field 0 of the injection file. */

const indent = "\n      ";

/** A session description with these payload types, of which 101 is telephone-event. */
export function audio(formats: string): string {
  return [
    "v=0",
    "o=sipp 1 1 IN IP[local_ip_type] [local_ip]",
    "s=-",
    "c=IN IP[media_ip_type] [media_ip]",
    "t=0 0",
    `m=audio [media_port] RTP/AVP ${formats}`,
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=ptime:20",
  ].join(indent);
}

/** A caller's INVITE. */
export function invite(sdp: string): string {
  return message(
    [
      "INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
      "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
      "From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]",
      "To: <sip:[service]@[remote_ip]:[remote_port]>",
      "Call-ID: [call_id]",
      "CSeq: 1 INVITE",
      "Contact: <sip:[field0]@[local_ip]:[local_port]>",
      "Max-Forwards: 70",
      "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO",
      "Content-Type: application/sdp",
      "Content-Length: [len]",
    ],
    sdp,
  );
}

/** A caller's request in the dialog. */
export function inDialog(method: "ACK" | "BYE" | "INFO", cseq: number, type = "", body = ""): string {
  return callersRequest(method, "[next_url]", cseq, type, body);
}

/** The ACK to a refusal, which has the INVITE's URI (RFC 3261 section 17.1.1.3). */
export function refusalAck(): string {
  return callersRequest("ACK", "sip:[service]@[remote_ip]:[remote_port]", 1, "", "");
}

function callersRequest(method: string, uri: string, cseq: number, type: string, body: string): string {
  return message(
    [
      `${method} ${uri} SIP/2.0`,
      "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
      ...(uri === "[next_url]" ? ["[routes]"] : []),
      "From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]",
      "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]",
      "Call-ID: [call_id]",
      `CSeq: ${cseq} ${method}`,
      "Contact: <sip:[field0]@[local_ip]:[local_port]>",
      "Max-Forwards: 70",
      ...(type === "" ? [] : [`Content-Type: ${type}`]),
      "Content-Length: [len]",
    ],
    body,
  );
}

/** A node's 200 to an INVITE. */
export function answer(sdp: string): string {
  return message(
    [
      "SIP/2.0 200 OK",
      "[last_Via:]",
      "[last_From:]",
      "[last_To:];tag=[pid]n[call_number]",
      "[last_Call-ID:]",
      "[last_CSeq:]",
      "[last_Record-Route:]",
      "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
      "Content-Type: application/sdp",
      "Content-Length: [len]",
    ],
    sdp,
  );
}

/** A node's 200 to a request in the dialog. */
export function ok(): string {
  return message([
    "SIP/2.0 200 OK",
    "[last_Via:]",
    "[last_From:]",
    "[last_To:]",
    "[last_Call-ID:]",
    "[last_CSeq:]",
    "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
    "Content-Length: [len]",
  ]);
}

function message(headers: readonly string[], body = ""): string {
  return `<![CDATA[\n${indent}${headers.join(indent)}\n${indent}${body}\n]]>`;
}
