/* Scenarios of sipp 3.6 for calls that last only a moment. No audio: it would cost as much as the calls themselves. */

/** Between the answer and the first digit: the caller hears the beginning of the greeting. */
const firstDigitAfterMs = 300;
const betweenDigitsMs = 20;
/** A conference ends a call at the latest after this; longer than sipp waits for other messages. */
const silentMs = 600_000;
const head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n';

/**
 * Of a caller: the number is field 0 of the injection file, the digits of the PIN are the fields after it, which is typed by INFO.
 *
 * @param stayMs from the last digit to the BYE, in milliseconds; the conference is reached after some 200 ms
 */
export function callerScenario(pinLength: number, stayMs: number): string {
  const digits = Array.from({ length: pinLength }, (_, index) => digit(index)).join("");
  return `${head}<scenario name="caller">
  <send retrans="500">${message(
    `INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:[field0]@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]`,
    audio("0 8 101"),
  )}</send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"/>
  <send>${message(inDialog("ACK", 1))}</send>
  <pause milliseconds="${firstDigitAfterMs}"/>
${digits}  <pause milliseconds="${stayMs}"/>
  <send retrans="500">${message(inDialog("BYE", pinLength + 2))}</send>
  <recv response="200"/>
</scenario>
`;
}

/** Of a BBB server's FreeSWITCH, which sends no audio. */
export const nodeScenario = `${head}<scenario name="node">
  <recv request="INVITE"/>
  <send retrans="500">${message(
    `SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]n[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port];transport=[transport]>
      Content-Type: application/sdp
      Content-Length: [len]`,
    audio("8 101"),
  )}</send>
  <recv request="ACK"/>
  <recv request="BYE" timeout="${silentMs}"/>
  <send>${message(`SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0`)}</send>
</scenario>
`;

function digit(index: number): string {
  const set = `<recv response="200"/>\n  <pause milliseconds="${betweenDigitsMs}"/>\n`;
  return `  <send retrans="500">${message(
    inDialog("INFO", index + 2, "Content-Type: application/dtmf-relay"),
    `Signal=[field${index + 1}]
      Duration=100`,
  )}</send>\n  ${set}`;
}

function inDialog(method: string, cseq: number, more = ""): string {
  return [
    `${method} [next_url] SIP/2.0`,
    "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
    "[routes]",
    "From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]",
    "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]",
    "Call-ID: [call_id]",
    `CSeq: ${cseq} ${method}`,
    "Contact: <sip:[field0]@[local_ip]:[local_port]>",
    "Max-Forwards: 70",
    ...(more === "" ? [] : [more]),
    "Content-Length: [len]",
  ].join("\n      ");
}

function audio(formats: string): string {
  return `v=0
      o=sipp 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP ${formats}
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=ptime:20`;
}

function message(headers: string, body = ""): string {
  return `<![CDATA[

      ${headers}

      ${body}
]]>`;
}
