/** sipp's scenario of a caller in the flood, who types a PIN and talks if the call is answered. */
export interface FloodPlan {
  /** A pcap file with the whole audio and the digits. */
  readonly capture: string;
  /** From the answer to BYE, milliseconds. */
  readonly talkMs: number;
}

/** Lines of the log: event, number, and sipp's time stamp, whose last field is in seconds since 1970. */
export function floodScenario({ capture, talkMs }: FloodPlan): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="flood">
  <nop><action><log message="invite|[field0]|[timestamp]"/></action></nop>
  <send retrans="500"><![CDATA[
      INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:[field0]@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=bench 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 8 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=ptime:20
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="503" optional="true" next="refused">
    <action><ereg regexp=".+" search_in="hdr" header="Retry-After:" assign_to="after"/></action>
  </recv>
  <recv response="200" rrs="true"><action><log message="answered|[field0]|[timestamp]"/></action></recv>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <nop><action><exec play_pcap_audio="${capture}"/></action></nop>
  <pause milliseconds="${talkMs}"/>
  <send retrans="500"><![CDATA[
      BYE [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 BYE
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv response="200" next="end"><action><log message="ended|[field0]|[timestamp]"/></action></recv>
  <label id="refused"/>
  <nop><action><log message="refused|[field0]|[$after]|[timestamp]"/></action></nop>
  <send next="end"><![CDATA[
      ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <label id="end"/>
</scenario>
`;
}

/** An echo of RTP, which sipp does beside any scenario. */
export const echoScenario = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="echo"><recv request="INVITE"/></scenario>
`;
