/* The scenarios of sipp: the caller and the conference node. Both log what happened when; call-times.ts reads that. */

import { answer, audio, inDialog, invite, ok } from "../../e2e/support/sipp/messages.js";

export interface CallerPlan {
  /** One pcap file for each PIN. */
  readonly captures: ReadonlyMap<string, string>;
  /** From the answer to BYE, milliseconds. */
  readonly talkMs: number;
}

const sdp = audio("8 101");

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
  <send retrans="500">${invite(sdp)}</send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"><action><log message="answered|[field0]|[timestamp]"/></action></recv>
  <send>${inDialog("ACK", 1)}</send>
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
  <send retrans="500">${inDialog("BYE", 2)}</send>
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
  <send retrans="500">${answer(sdp)}</send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <send>${ok()}</send>
</scenario>
`;
