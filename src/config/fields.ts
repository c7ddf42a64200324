import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

import type { CountryCode } from "libphonenumber-js";
import { z } from "zod";

import { labelTemplateFault, labelWordFault, livekitWordFault } from "../caller/label.js";
import { languages } from "../caller/language.js";
import { isCountry } from "../caller/numbering.js";
import { Secret } from "../caller/secret.js";

/*
 * The value types of settings. Functions check the patterns instead of zod's `regex`, because a `regex`
 * would appear in the JSON Schema, and editors would then report `${VAR}` as an error.
 */

export interface Complaint {
  readonly message: string;
  readonly hint: string;
}

/** A text for which `complain` returns no fault. */
export function text(faultOf: (value: string) => Complaint | undefined): z.ZodString {
  return z.string().superRefine((value, context) => {
    const complaint = faultOf(value);
    if (complaint !== undefined)
      context.addIssue({ code: "custom", message: complaint.message, params: { hint: complaint.hint } });
  });
}

export function complain(message: string, hint: string): Complaint | undefined {
  return { message, hint };
}

export function matching(pattern: RegExp, message: string, hint: string): z.ZodString {
  return text((value) => (pattern.test(value) ? undefined : { message, hint }));
}

/** A whole number; also accepted as text, because `${VAR}` yields text. */
function wholeNumber(least: number, most: number): z.ZodType<number, number | string> {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const number = typeof value === "string" ? (/^[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN) : value;
    if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
    context.addIssue({ code: "custom", message: `must be a whole number from ${least} to ${most}` });
    return z.NEVER;
  });
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds from `500ms`, `5s`, `2m`, `1h` or a bare number of milliseconds; limits in the same notation. */
function duration(least: string, most: string): z.ZodType<number, number | string> {
  const [minMs, maxMs] = [durationMs(least), durationMs(most)];
  if (minMs === undefined || maxMs === undefined) throw new Error(`not a duration: ${least} or ${most}`);
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const ms = durationMs(value);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    const message = ms === undefined ? "is not a duration" : `must be a duration from ${least} to ${most}`;
    context.addIssue({
      code: "custom",
      message,
      params: { hint: "write it like 500ms, 5s, 2m or 1h; a bare number is milliseconds" },
    });
    return z.NEVER;
  });
}

/** A duration in milliseconds; `undefined` if the text is not a duration. */
export function durationMs(value: number | string): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const parts = /^([0-9]{1,10}(?:\.[0-9]{1,3})?)\s?(ms|s|m|h)?$/.exec(value);
  if (parts === null) return undefined;
  return Math.round(Number(parts[1]) * (units[parts[2] ?? "ms"] ?? 1));
}

const secret = text((value) => {
  if (value === "")
    return {
      message: "is empty",
      hint: "check the variable or the file that the secret comes from",
    };
  // A line break would terminate the command or header that carries the secret.
  if (/\p{Cc}/u.test(value))
    return {
      message: "contains a line break or another control character",
      hint: "remove everything but the secret itself from the variable or the file",
    };
  return undefined;
});

const stockPassword = "ClueCon";

function isHost(value: string): boolean {
  return (
    isIP(value) !== 0 ||
    (value.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(value) && !/^[0-9.]+$/.test(value))
  );
}

/** Whether the text is an IP address or a network (CIDR), not a name. */
export function isNetworkAddress(value: string): boolean {
  return isIP(value.split("/")[0] ?? "") !== 0 && sourceFault(value) === undefined;
}

function sourceFault(value: string): Complaint | undefined {
  const hint = "write an address (192.0.2.1), a network (192.0.2.0/24, 2001:db8::/32) or a host name";
  const [address = "", prefix, more] = value.split("/");
  if (prefix === undefined)
    return isHost(value) ? undefined : { message: "is not an address, a network or a host name", hint };
  const family = isIP(address);
  const bits = /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === 0 || more !== undefined || Number.isNaN(bits) || bits > (family === 4 ? 32 : 128))
    return { message: "is not a network", hint };
  if (bits === 0) return { message: "matches every address", hint: "write the provider's networks" };
  return undefined;
}

function apiUrlFault(value: string): Complaint | undefined {
  const hint = "write it as bbb-conf --secret prints it, with /api: https://bbb.example.org/bigbluebutton/api";
  if (!URL.canParse(value)) return { message: "is not a URL", hint };
  const url = new URL(value);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { message: "is not an https URL", hint };
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return { message: "contains more than the address of the API", hint };
  return undefined;
}

/** Parsed here, because Node would throw only at the first connection. */
function authoritiesFault(value: string): Complaint | undefined {
  const blocks = value.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const hint = "write the file's name, such as file:trunk-ca.pem";
  if (blocks.length === 0) return { message: "contains no PEM certificate", hint };
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return { message: "contains a certificate that can't be read", hint };
  }
}

export const fields = {
  language: z.enum(languages),
  languages: z.array(z.enum(languages)).min(1, { error: "must name at least one language" }),
  realm: matching(
    /^[^\p{Cc}"\\]{1,200}$/u,
    "is not a realm",
    "write it as the registrar does, without quotes; einwahl status shows the realm that was refused",
  ),
  authorities: text(authoritiesFault),
  host: text((value) =>
    isHost(value)
      ? undefined
      : {
          message: "is not a host name or an address",
          hint: "write a name such as sip.example.org or an address, without a port",
        },
  ),
  address: text((value) =>
    isIP(value) === 0
      ? { message: "is not an IP address", hint: "write an address such as 10.0.0.5, not a name" }
      : undefined,
  ),
  port: wholeNumber(1, 65_535),
  count: wholeNumber,
  duration,
  // Also accepted as text, because `${VAR}` yields text.
  flag: z.union([z.boolean(), z.enum(["true", "false"])]).transform((value) => value === true || value === "true"),
  transport: z.enum(["tls", "tcp", "udp"]),
  secret: secret.transform((value) => Secret.of(value)),
  eventSocketPassword: text((value) =>
    value === stockPassword
      ? {
          message: "is FreeSWITCH's stock password",
          hint: "set another password in event_socket.conf.xml: it gives full control over the media server",
        }
      : undefined,
  )
    .pipe(secret)
    .transform((value) => Secret.of(value)),
  pseudonymKey: text((value) =>
    value.length < 16
      ? { message: "is shorter than 16 characters", hint: "create one with: openssl rand -hex 32" }
      : undefined,
  )
    .pipe(secret)
    .transform((value) => Secret.of(value)),
  name: matching(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/,
    "is not a valid name",
    "use up to 40 letters, digits, - and _: the name appears in logs and metrics",
  ),
  instance: matching(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "is not a valid name",
    "use up to 63 letters, digits and . - _, such as the name of the host",
  ),
  userName: matching(
    /^[^\s\p{Cc}<>"@;?,]{1,100}$/u,
    "is not a SIP user name",
    "write it as the provider's portal shows it, without @ and the domain",
  ),
  authUserName: matching(
    /^[^\s\p{Cc}<>"\\;?,]{1,100}$/u,
    "is not a SIP user name",
    "write it as the provider's portal shows it",
  ),
  phoneNumber: matching(
    /^\+[1-9][0-9]{6,14}$/,
    "is not a phone number in international format",
    'write it in quotes, with + and country code, without spaces: "+493012345678"',
  ),
  city: matching(/^[^\p{Cc}]{1,60}$/u, "is not the name of a city", "use up to 60 characters on one line"),
  sipProfile: matching(
    /^[A-Za-z0-9_.-]{1,40}$/,
    "is not the name of a sofia profile",
    "write it as `sofia status` shows it",
  ),
  logFile: matching(
    /^[^\p{Cc}]*[^\p{Cc}/.][^\p{Cc}/]*$/u,
    "is not a file name",
    "write a path that ends with a file name, such as /var/log/einwahl/einwahl.log",
  ),
  directory: matching(
    /^\/[A-Za-z0-9._/-]*$/,
    "is not an absolute path",
    "write the path on the media servers, with letters, digits and . _ - / only",
  ),
  socket: text((value) =>
    value.trim() === "" || /\p{Cc}/u.test(value)
      ? complain("is not a path", "write the path of a file that does not exist yet, such as /run/einwahl/control.sock")
      : undefined,
  ),
  source: text(sourceFault),
  apiUrl: text(apiUrlFault),
  leaveKey: matching(
    /^(?:\*[0-57-9#]|off)$/,
    "is not a key that can leave a conference",
    'write it in quotes: * and one of 0 1 2 3 4 5 7 8 9 #, such as "*#", or "off"',
  ),
  country: z.string().transform((value, context): CountryCode => {
    if (isCountry(value)) return value;
    context.addIssue({
      code: "custom",
      message: "is not a country",
      params: { hint: "write two capital letters, such as DE, AT or CH" },
    });
    return z.NEVER;
  }),
  labelTemplate: text((value) =>
    labelComplaint(labelTemplateFault(value), 'fixed text and {last4}, for example "Telefon {last4}"'),
  ),
  livekitWord: text((value) => labelComplaint(livekitWordFault(value), "four characters such as Anon or Tel.")),
  labelWord: text((value) => labelComplaint(labelWordFault(value), "a word such as Anonym, without {last4}")),
};

function labelComplaint(fault: string | undefined, hint: string): Complaint | undefined {
  return fault === undefined ? undefined : { message: fault, hint };
}

/** One value for all languages, or one for each. */
export function perLanguage<Field extends z.ZodType<string, string>>(
  field: Field,
): z.ZodUnion<[Field, z.ZodObject<{ de: z.ZodOptional<Field>; en: z.ZodOptional<Field> }, z.core.$strict>]> {
  return z.union([field, z.strictObject({ de: field.optional(), en: field.optional() })]);
}
