/* The scenarios of sipp: the caller and the conference node. Both log what happened when; call-times.ts reads that. */

export interface CallerPlan {
  /** One pcap file for each PIN. */
  readonly captures: ReadonlyMap<string, string>;
  /** From the answer to BYE, milliseconds. */
  readonly talkMs: number;
}

const sdp = `v=0
      o=bench 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 8 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=ptime:20`;

/** A caller that types a PIN and talks. -inf: the caller's number, and the PIN's place among the captures (1 to 9). */
export function callerScenario({ captures, talkMs }: CallerPlan): string {
  const files = [...captures.values()];
  const places = files.map((_, index) => index + 1);
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
  <nop><action>
    <assignstr assign_to="place" value="[field1]"/>
${places.map((place) => `    <ereg regexp="^${place}$" search_in="var" variable="place" assign_to="is${place}"/>`).join("\n")}
    <log message="invite|[field0]|[timestamp]"/>
  </action></nop>
  <send retrans="500"><![CDATA[
      INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:[field0]@[local_ip]:[local_port]>
      Max-Forwards: 70
      Allow: INVITE, ACK, BYE, CANCEL, OPTIONS
      Content-Type: application/sdp
      Content-Length: [len]

      ${sdp}
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"><action><log message="answered|[field0]|[timestamp]"/></action></recv>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Contact: <sip:[field0]@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
${places.map((place) => `  <nop test="is${place}" next="play${place}"/>`).join("\n")}
${files
  .map(
    (file, index) => `  <label id="play${index + 1}"/>
  <nop next="talk"><action>
    <log message="audio|[field0]|[timestamp]"/>
    <exec play_pcap_audio="${file}"/>
  </action></nop>`,
  )
  .join("\n")}
  <label id="talk"/>
  <pause milliseconds="${talkMs}"/>
  <send retrans="500"><![CDATA[
      BYE [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 BYE
      Contact: <sip:[field0]@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv response="200"><action><log message="ended|[field0]|[timestamp]"/></action></recv>
</scenario>
`;
}

/** A conference node that answers at once; sipp's -rtp_echo sends the audio back. */
export const nodeScenario = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="node">
  <recv request="INVITE" rrs="true"><action>
    <ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
    <log message="joined|[$caller]|[timestamp]"/>
  </action></recv>
  <send retrans="500"><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]SIPpTag[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      [last_Record-Route:]
      Contact: <sip:[local_ip]:[local_port];transport=[transport]>
      Content-Type: application/sdp
      Content-Length: [len]

      ${sdp}
  ]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port];transport=[transport]>
      Content-Length: 0

  ]]></send>
</scenario>
`;
