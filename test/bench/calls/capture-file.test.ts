import t from "tap";

import { callAudio } from "./capture-file.js";

const fileHeader = 24;
const recordHeader = 16;
const rtpAt = 14 + 20 + 8;

interface Packet {
  readonly ms: number;
  readonly type: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

function packetsOf(file: Buffer): readonly Packet[] {
  const packets: Packet[] = [];
  for (let at = fileHeader; at < file.length;) {
    const length = file.readUInt32LE(at + 8);
    const rtp = file.subarray(at + recordHeader + rtpAt, at + recordHeader + length);
    packets.push({
      ms: file.readUInt32LE(at) * 1_000 + file.readUInt32LE(at + 4) / 1_000,
      type: rtp.readUInt8(1) & 0x7f,
      sequence: rtp.readUInt16BE(2),
      timestamp: rtp.readUInt32BE(4),
      payload: rtp.subarray(12),
    });
    at += recordHeader + length;
  }
  return packets;
}

await t.test("a packet every 20 ms, with audio but for the digits", (t) => {
  const packets = packetsOf(callAudio("305", 1_500, 4_000).file);
  t.equal(packets.length, 200);
  t.ok(packets.every(({ ms, sequence }, index) => ms === 1_000 + index * 20 && sequence === index));
  const audio = packets.filter(({ type }) => type === 8);
  t.equal(audio.length, 200 - 3 * 8);
  t.ok(audio.every(({ payload, timestamp, sequence }) => payload.length === 160 && timestamp === sequence * 160));
  t.end();
});

await t.test("digits are RFC 4733 events of 100 ms with three end packets", (t) => {
  const { file, lastDigitMs } = callAudio("30", 1_500, 4_000);
  const events = packetsOf(file).filter(({ type }) => type === 101);
  const first = events.slice(0, 8);
  t.equal(first[0]?.ms, 1_000 + 1_500);
  t.strictSame(
    first.map(({ payload }) => [payload[0], (payload[1] ?? 0) >> 7, payload.readUInt16BE(2)]),
    [160, 320, 480, 640, 800, 800, 800, 800].map((duration, index) => [3, index < 5 ? 0 : 1, duration]),
  );
  t.ok(first.every(({ timestamp }) => timestamp === first[0]?.timestamp));
  t.equal(events[8]?.payload[0], 0);
  const end = events.find(({ payload }) => payload[0] === 0 && (payload[1] ?? 0) >> 7 === 1);
  t.equal(1_000 + lastDigitMs, end?.ms, "the last digit ends with its first end packet");
  t.end();
});
