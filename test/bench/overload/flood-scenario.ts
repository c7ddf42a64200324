import { audio, inDialog, invite, refusalAck } from "../../e2e/support/sipp/messages.js";

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
  <send retrans="500">${invite(audio("8 101"))}</send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="503" optional="true" next="refused">
    <action><ereg regexp=".+" search_in="hdr" header="Retry-After:" assign_to="after"/></action>
  </recv>
  <recv response="200" rrs="true"><action><log message="answered|[field0]|[timestamp]"/></action></recv>
  <send>${inDialog("ACK", 1)}</send>
  <nop><action><exec play_pcap_audio="${capture}"/></action></nop>
  <pause milliseconds="${talkMs}"/>
  <send retrans="500">${inDialog("BYE", 2)}</send>
  <recv response="200" next="end"><action><log message="ended|[field0]|[timestamp]"/></action></recv>
  <label id="refused"/>
  <nop><action><log message="refused|[field0]|[$after]|[timestamp]"/></action></nop>
  <send next="end">${refusalAck()}</send>
  <label id="end"/>
</scenario>
`;
}

/** An echo of RTP, which sipp does beside any scenario. */
export const echoScenario = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="echo"><recv request="INVITE"/></scenario>
`;
