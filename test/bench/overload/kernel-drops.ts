import { readFileSync } from "node:fs";

/** UDP packets that this network namespace has dropped so far because the receiver's buffer was full (RcvbufErrors). */
export function kernelDrops(): number {
  return dropsIn(readFileSync("/proc/self/net/snmp", "utf8"));
}

/** @param snmp /proc/net/snmp: a line of names and one of values per protocol */
export function dropsIn(snmp: string): number {
  const [names = [], values = []] = snmp
    .split("\n")
    .filter((line) => line.startsWith("Udp:"))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("RcvbufErrors")]);
}
