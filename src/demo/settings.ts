/** The parts of the demo that can be broken on purpose, to test that its check can fail. */
export const breakable = ["pin", "srtp-trunk", "srtp-bbb", "label"] as const;

export type Breakable = (typeof breakable)[number];

/** Listening ports of the engines; 0: chosen by the system. */
export interface EnginePorts {
  /** SIP over UDP and TCP. */
  readonly sip: number;
  /** SIP over TLS. */
  readonly sips: number;
  /** drachtio's port for applications. */
  readonly drachtio: number;
  /** FreeSWITCH's event socket. */
  readonly eventSocket: number;
  readonly bbbApis: readonly [number, number];
  readonly bbbSips: readonly [number, number];
}

export interface DemoPorts extends EnginePorts {
  readonly http: number;
  readonly operators: number;
}

/** The well-known ports, or six consecutive ones. */
export function demoPorts(base: number | undefined): DemoPorts {
  const inside = { drachtio: 0, eventSocket: 0, bbbSips: [0, 0] } as const;
  if (base === undefined)
    return { sip: 5060, sips: 5061, http: 8080, operators: 8079, bbbApis: [8081, 8082], ...inside };
  return { sip: base, sips: base + 1, http: base + 2, bbbApis: [base + 3, base + 4], operators: base + 5, ...inside };
}

/** For an application in another process: all ports are fixed, the well-known ones or eight consecutive ones. */
export function enginePorts(base: number | undefined): EnginePorts {
  if (base === undefined)
    return { sip: 5060, sips: 5061, drachtio: 9022, eventSocket: 8021, bbbApis: [8081, 8082], bbbSips: [5081, 5082] };
  return {
    sip: base,
    sips: base + 1,
    drachtio: base + 2,
    eventSocket: base + 3,
    bbbApis: [base + 4, base + 5],
    bbbSips: [base + 6, base + 7],
  };
}

/** Numbers of the range that the Bundesnetzagentur keeps free for fiction (030 23125 xxx), each with its languages. */
export const demoNumbers = [
  { number: "+493023125001", languages: ["de", "en"], city: "Berlin" },
  { number: "+493023125002", languages: ["en", "de"], city: "Berlin" },
] as const;

/** One conference per server; one PIN has a leading zero, which is significant. */
export const demoConferences = [
  { server: "bbb-1", name: "Lecture", pin: "12345" },
  { server: "bbb-2", name: "Staff meeting", pin: "04711" },
] as const;

/** The caller of the demo; the conference may show only the last four digits. */
export const demoCaller = { number: "+4915223125678", label: "5678" } as const;

/** Test tones of the two ends in Hz, far enough apart to be distinguished. */
export const tones = { conference: 620, caller: 1040 } as const;

export const demoSecrets = {
  drachtio: "demo-drachtio",
  eventSocket: "demo-event-socket",
  bbb: "demo-bbb-secret",
} as const;

/** Token of the demo's front ends, with all permissions. */
export const demoToken = "demo-token";

export const demoOperator = {
  name: "einwahl demo",
  address: ["On this machine only"],
  email: "demo@example.org",
  privacy_url: "https://example.org/privacy",
} as const;
