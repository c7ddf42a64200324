/* Scenarios of sipp 3.6 for calls that last only a moment. No audio: it would cost as much as the calls themselves. */

import { answer, audio, inDialog, invite, ok } from "./messages.js";

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
  <send retrans="500">${invite(audio("0 8 101"))}</send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"/>
  <send>${inDialog("ACK", 1)}</send>
  <pause milliseconds="${firstDigitAfterMs}"/>
${digits}  <pause milliseconds="${stayMs}"/>
  <send retrans="500">${inDialog("BYE", pinLength + 2)}</send>
  <recv response="200"/>
</scenario>
`;
}

/** Of a BBB server's FreeSWITCH, which sends no audio. */
export const nodeScenario = `${head}<scenario name="node">
  <recv request="INVITE"/>
  <send retrans="500">${answer(audio("8 101"))}</send>
  <recv request="ACK"/>
  <recv request="BYE" timeout="${silentMs}"/>
  <send>${ok()}</send>
</scenario>
`;

function digit(index: number): string {
  const set = `<recv response="200"/>\n  <pause milliseconds="${betweenDigitsMs}"/>\n`;
  return `  <send retrans="500">${inDialog(
    "INFO",
    index + 2,
    "application/dtmf-relay",
    `Signal=[field${index + 1}]
      Duration=100`,
  )}</send>\n  ${set}`;
}
