/** The event names of FreeSWITCH 1.10 for subscriptions. */
export const eventNames: ReadonlySet<string> = new Set([
  "CUSTOM",
  "CLONE",
  "CHANNEL_CREATE",
  "CHANNEL_DESTROY",
  "CHANNEL_STATE",
  "CHANNEL_CALLSTATE",
  "CHANNEL_ANSWER",
  "CHANNEL_HANGUP",
  "CHANNEL_HANGUP_COMPLETE",
  "CHANNEL_EXECUTE",
  "CHANNEL_EXECUTE_COMPLETE",
  "CHANNEL_HOLD",
  "CHANNEL_UNHOLD",
  "CHANNEL_BRIDGE",
  "CHANNEL_UNBRIDGE",
  "CHANNEL_PROGRESS",
  "CHANNEL_PROGRESS_MEDIA",
  "CHANNEL_OUTGOING",
  "CHANNEL_PARK",
  "CHANNEL_UNPARK",
  "CHANNEL_APPLICATION",
  "CHANNEL_ORIGINATE",
  "CHANNEL_UUID",
  "API",
  "LOG",
  "INBOUND_CHAN",
  "OUTBOUND_CHAN",
  "STARTUP",
  "SHUTDOWN",
  "PUBLISH",
  "UNPUBLISH",
  "TALK",
  "NOTALK",
  "SESSION_CRASH",
  "MODULE_LOAD",
  "MODULE_UNLOAD",
  "DTMF",
  "MESSAGE",
  "PRESENCE_IN",
  "NOTIFY_IN",
  "PRESENCE_OUT",
  "PRESENCE_PROBE",
  "MESSAGE_WAITING",
  "MESSAGE_QUERY",
  "ROSTER",
  "CODEC",
  "BACKGROUND_JOB",
  "DETECTED_SPEECH",
  "DETECTED_TONE",
  "PRIVATE_COMMAND",
  "HEARTBEAT",
  "TRAP",
  "ADD_SCHEDULE",
  "DEL_SCHEDULE",
  "EXE_SCHEDULE",
  "RE_SCHEDULE",
  "RELOADXML",
  "NOTIFY",
  "PHONE_FEATURE",
  "PHONE_FEATURE_SUBSCRIBE",
  "SEND_MESSAGE",
  "RECV_MESSAGE",
  "REQUEST_PARAMS",
  "CHANNEL_DATA",
  "GENERAL",
  "COMMAND",
  "SESSION_HEARTBEAT",
  "CLIENT_DISCONNECTED",
  "SERVER_DISCONNECTED",
  "SEND_INFO",
  "RECV_INFO",
  "RECV_RTCP_MESSAGE",
  "SEND_RTCP_MESSAGE",
  "CALL_SECURE",
  "NAT",
  "RECORD_START",
  "RECORD_STOP",
  "PLAYBACK_START",
  "PLAYBACK_STOP",
  "CALL_UPDATE",
  "FAILURE",
  "SOCKET_DATA",
  "MEDIA_BUG_START",
  "MEDIA_BUG_STOP",
  "CONFERENCE_DATA_QUERY",
  "CONFERENCE_DATA",
  "CALL_SETUP_REQ",
  "CALL_SETUP_RESULT",
  "CALL_DETAIL",
  "DEVICE_STATE",
  "TEXT",
  "SHUTDOWN_REQUESTED",
  "CERT_RELOAD",
  "ALL",
]);

export type EventHeaders = readonly (readonly [name: string, value: string])[];

/** A FreeSWITCH event. Serialised at most once per format, for any number of listeners. */
export class FsEvent {
  readonly name: string;
  readonly headers: EventHeaders;
  readonly body: string | undefined;
  #json: string | undefined;
  #plain: string | undefined;

  constructor(name: string, headers: EventHeaders, body?: string) {
    this.name = name;
    this.headers = headers;
    this.body = body;
  }

  /** The first header of that name, case-insensitive. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
  }

  get json(): string {
    this.#json ??= this.#makeJson();
    return this.#json;
  }

  /** Percent-encoded headers, one per line, an empty line, the body. */
  get plain(): string {
    this.#plain ??= serializePlain(this.headers, this.body);
    return this.#plain;
  }

  #makeJson(): string {
    const fields = new Map<string, string>(this.headers);
    if (this.body !== undefined) {
      fields.set("Content-Length", String(Buffer.byteLength(this.body)));
      fields.set("_body", this.body);
    }
    return JSON.stringify(Object.fromEntries(fields));
  }
}

export function serializePlain(headers: EventHeaders, body?: string): string {
  const lines = headers
    .map(([name, value]) => `${name}: ${value === "" ? "_undef_" : percentEncode(value)}\n`)
    .join("");
  if (body === undefined || body === "") return `${lines}\n`;
  return `${lines}Content-Length: ${Buffer.byteLength(body)}\n\n${body}`;
}

const unsafe = /[^\x21-\x7e]|[#&+:;<=>?@[\\\]^`{|}"]|%(?![0-9A-F]{2})/gu;

/** As switch_url_encode: an existing upper-case escape is kept. */
export function percentEncode(text: string): string {
  return text.replace(unsafe, (character) => {
    let encoded = "";
    for (const byte of Buffer.from(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    return encoded;
  });
}
