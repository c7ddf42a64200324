import type { z } from "zod";

import { Secret } from "../caller/secret.js";
import { complain, isNetworkAddress, matching, text } from "./fields.js";

/* The value types of HTTP settings; see fields.ts. */

function urlFault(value: string): ReturnType<typeof complain> {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isWeb =
    url !== undefined &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "";
  return isWeb ? undefined : complain("is not a web address", "write it with https://, as a browser shows it");
}

function publicUrlFault(value: string): ReturnType<typeof complain> {
  const fault = urlFault(value);
  if (fault !== undefined) return fault;
  const url = new URL(value);
  return url.search === "" && url.hash === ""
    ? undefined
    : complain("contains more than an address and a path", "write it like https://phone.example.org");
}

function originFault(value: string): ReturnType<typeof complain> {
  if (value === "*") return undefined;
  const isOrigin = URL.canParse(value) && new URL(value).origin === value;
  return isOrigin
    ? undefined
    : complain(
        "is not an origin",
        "write scheme and host without a trailing slash, such as https://meet.example.org, or * for any origin",
      );
}

function storeFault(value: string): ReturnType<typeof complain> {
  const hint = "write a directory, or redis://host:6379 (rediss:// for TLS)";
  if (value.trim() === "" || /\p{Cc}/u.test(value)) return complain("is not a directory or a Redis URL", hint);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(value)) return undefined;
  const isRedis = /^rediss?:\/\//.test(value) && URL.canParse(value) && new URL(value).hostname !== "";
  return isRedis ? undefined : complain("is not a Redis URL", hint);
}

/** A directory, or the URL of Redis, which is a secret because it may contain a password. */
export type StoreSetting = { readonly directory: string } | { readonly redis: Secret };

const line = (most: number): z.ZodString =>
  matching(
    new RegExp(`^[^\\p{Cc}]{1,${most}}$`, "u"),
    "is not a line of text",
    `use up to ${most} characters on one line`,
  );

export const webFields = {
  url: text(urlFault),
  publicUrl: text(publicUrlFault),
  origin: text(originFault),
  proxy: text((value) =>
    isNetworkAddress(value)
      ? undefined
      : complain("is not an address or a network", "write an address (10.0.0.5) or a network (10.0.0.0/24)"),
  ),
  tokenHash: matching(
    /^[0-9a-fA-F]{64}$/,
    "is not a SHA-256 hash",
    'write 64 hexadecimal digits, from: printf %s "$TOKEN" | sha256sum',
  ),
  store: text(storeFault).transform((value): StoreSetting =>
    /^rediss?:/.test(value) ? { redis: Secret.of(value) } : { directory: value },
  ),
  socket: text((value) =>
    value.trim() === "" || /\p{Cc}/u.test(value)
      ? complain("is not a path", "write the path of a file that does not exist yet, such as /run/einwahl/control.sock")
      : undefined,
  ),
  redisPrefix: matching(/^[A-Za-z0-9_.-]{1,40}$/, "is not a prefix", "use up to 40 letters, digits, . _ and -"),
  line: line(200),
  title: line(80),
  email: matching(
    /^[^\s\p{Cc}<>"@]{1,64}@[A-Za-z0-9.-]{1,253}$/u,
    "is not an e-mail address",
    "write it like phone@example.org",
  ),
  paragraph: matching(
    /^[^\p{Cc}]{1,4000}$/u,
    "is not a paragraph of text",
    "use up to 4000 characters without line breaks; each list entry is one paragraph",
  ),
};
