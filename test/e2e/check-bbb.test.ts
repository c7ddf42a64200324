import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { SampleBbb } from "../../src/simulators/bbb/sample-bbb.js";
import { type CertificateOptions, type Certificates, makeCertificates } from "../../src/simulators/certificates.js";
import { type FrontOptions, startApiFront } from "./support/api-front.js";
import { type Broken, CheckBench, titleOf, withEntry } from "./support/check-bench.js";
import { startSilentServer } from "./support/loopback-server.js";
import type { Owner } from "./support/owner.js";
import { freePort } from "./support/ports.js";
import type { Settings } from "./support/world.js";

const host = "127.0.0.1";
const wrong = "not-the-right-one";
const hourMs = 3_600_000;

await t.test("einwahl check: BBB servers", async (t) => {
  const bench = await CheckBench.start(t);
  const { apiUrl } = bench.world.bbbs[0];
  const apiPort = Number(new URL(apiUrl).port);

  const withServer = (settings: Settings, change: Settings): Settings => withEntry(settings, "bbb_servers", 0, change);
  const withSip = (settings: Settings, change: Settings): Settings => {
    const [server] = settings["bbb_servers"] as readonly Settings[];
    return withServer(settings, { sip: { ...(server?.["sip"] as Settings), ...change } });
  };
  /** The API behind a faulty web server. */
  const behind = async (settings: Settings, owner: Owner, options: FrontOptions, name = host): Promise<Settings> => {
    const port = await startApiFront(owner, apiUrl, options);
    return withServer(settings, {
      api_url: `${options.tls === undefined ? "http" : "https"}://${name}:${port}/bigbluebutton/api`,
    });
  };
  /** SIP of a BBB server with this certificate. */
  const showing = async (settings: Settings, owner: Owner, { key, cert }: Certificates): Promise<Settings> => {
    const bbb = await SampleBbb.start({
      name: "bbb-3",
      http: { address: host, port: 0 },
      secret: "test-bbb-secret",
      sip: { address: host, port: 0 },
      tls: { key, cert },
      srtp: "mandatory",
    });
    owner.teardown(() => bbb.close());
    return withSip(settings, { port: bbb.sipPort });
  };
  const trusted = async (options: CertificateOptions): Promise<Certificates> => {
    const certificates = await makeCertificates(options);
    await bench.trust(certificates.ca);
    return certificates;
  };
  // Node reads its authorities at its start, so these runs have a separate process.
  const authority = join(bench.folder, "web-ca.pem");
  const web = { env: { NODE_EXTRA_CA_CERTS: authority } };
  const webCertificates = async (options: CertificateOptions): Promise<Certificates> => {
    const certificates = await makeCertificates(options);
    await writeFile(authority, certificates.ca);
    return certificates;
  };

  const api: readonly Broken[] = [
    {
      name: "nothing listens on the API's port",
      break: async (settings) =>
        withServer(settings, { api_url: `http://${host}:${await freePort()}/bigbluebutton/api` }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /nothing listens on that port/,
          cure: /bbb-conf --status/,
        },
      ],
    },
    {
      name: "the server's name is not in DNS",
      break: (settings) => withServer(settings, { api_url: "https://bbb.invalid/bigbluebutton/api" }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /^bbb\.invalid: the name of the host (does not|can't be) resolve/,
          cure: /DNS/,
        },
      ],
    },
    {
      name: "the secret is wrong",
      break: (settings) => withServer(settings, { secret: wrong }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].secret",
          message: /rejects the secret \(checksumError\)/,
          cure: /bbb-conf --secret/,
        },
      ],
      secrets: [wrong],
    },
    {
      name: "the server rejects SHA-256 checksums",
      break: (settings, owner) =>
        behind(settings, owner, {
          handle: (request, response) => {
            const isSha256 = /checksum=[0-9a-f]{64}$/.test(request.url ?? "");
            if (isSha256)
              response
                .writeHead(200, { "content-type": "text/xml" })
                .end("<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>");
            return isSha256;
          },
        }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].checksum",
          message: /rejects sha256 checksums, but the secret is right/,
          cure: /checksum: sha1/,
        },
      ],
    },
    {
      name: "the API's URL leads to a web page",
      break: (settings, owner) =>
        behind(settings, owner, {
          handle: (_request, response) => {
            response
              .writeHead(200, { "content-type": "text/html" })
              .end("<!doctype html><title>Welcome to nginx!</title>");
            return true;
          },
        }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /the response is a web page/,
          cure: /\/bigbluebutton\/api/,
        },
      ],
    },
    {
      name: "the API's path is wrong",
      break: (settings) => withServer(settings, { api_url: `http://${host}:${apiPort}/api` }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /not the API's \(HTTP 404\)/,
          cure: /\/bigbluebutton\/api/,
        },
      ],
    },
    {
      name: "the API redirects",
      break: (settings, owner) =>
        behind(settings, owner, {
          handle: (_request, response) => {
            response.writeHead(301, { location: apiUrl }).end();
            return true;
          },
        }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /redirect \(HTTP 301\)/,
          cure: /the target of the redirect/,
        },
      ],
    },
    {
      name: "BBB's web application is down",
      break: (settings, owner) =>
        behind(settings, owner, {
          handle: (_request, response) => {
            response.writeHead(502, { "content-type": "text/html" }).end("<html>Bad Gateway</html>");
            return true;
          },
        }),
      finds: [
        { severity: "error", path: "bbb_servers[0].api_url", message: /HTTP status 502/, cure: /bbb-conf --status/ },
      ],
    },
    {
      name: "the API accepts the request and never responds",
      break: (settings, owner) => behind(settings, owner, { handle: () => true }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /it accepts connections, but sends no answer/,
          cure: /restart BBB's web application/,
        },
      ],
    },
    {
      name: "the server's clock is an hour behind",
      break: (settings, owner) =>
        behind(settings, owner, {
          handle: (_request, response) => {
            response.setHeader("date", new Date(Date.now() - hourMs).toUTCString());
            return false;
          },
        }),
      finds: [{ severity: "warning", path: "bbb_servers[0]", message: /clock is 3\d{3} s behind/, cure: /NTP/ }],
    },
    {
      name: "the API's certificate has expired",
      break: async (settings, owner) =>
        behind(settings, owner, { tls: await webCertificates({ fromDays: -90, toDays: -1 }) }),
      finds: [
        { severity: "error", path: "bbb_servers[0].api_url", message: /the certificate has expired/, cure: /renew/ },
      ],
      ...web,
    },
    {
      name: "the API's certificate is for another name",
      break: async (settings, owner) =>
        behind(settings, owner, { tls: await webCertificates({ names: ["bbb.example.org"] }) }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /for another name/,
          cure: /a name from the certificate/,
        },
      ],
      ...web,
    },
    {
      name: "the API's certificate is from an unknown authority",
      break: async (settings, owner) => behind(settings, owner, { tls: await makeCertificates() }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].api_url",
          message: /authority is not known/,
          cure: /NODE_EXTRA_CA_CERTS/,
        },
      ],
    },
    {
      name: "the API's certificate expires this week",
      break: async (settings, owner) => behind(settings, owner, { tls: await webCertificates({ toDays: 5.5 }) }),
      finds: [
        { severity: "warning", path: "bbb_servers[0].api_url", message: /expires in 5 days/, cure: /certbot renew/ },
      ],
      ...web,
    },
  ];

  const sip: readonly Broken[] = [
    {
      name: "the SIP port is closed",
      break: async (settings) => withSip(settings, { port: await freePort() }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].sip",
          message: /nothing listens on that port/,
          cure: /freeswitch\/bbb-node/,
        },
      ],
    },
    {
      name: "the SIP host is not in DNS",
      break: (settings) => withSip(settings, { host: "sip.bbb.invalid" }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].sip.host",
          message: /^sip\.bbb\.invalid: the name of the host (does not|can't be) resolve/,
          cure: /\/etc\/hosts/,
        },
      ],
    },
    {
      name: "the SIP port does not speak TLS",
      break: (settings) => withSip(settings, { port: apiPort }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].sip",
          message: /does not speak TLS|closed by the other side/,
          cure: /enable TLS there/,
        },
      ],
    },
    {
      name: "the SIP port speaks TLS, but not SIP",
      break: async (settings, owner) =>
        withSip(settings, { port: await startSilentServer(owner, bench.world.certificates) }),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].sip",
          message: /127\.0\.0\.1:\d+: no response to OPTIONS \(/,
          cure: /5081/,
        },
      ],
    },
    {
      name: "the SIP port accepts connections and never responds",
      break: async (settings, owner) => withSip(settings, { port: await startSilentServer(owner) }),
      finds: [{ severity: "error", path: "bbb_servers[0].sip", message: /does not answer/, cure: /enable TLS there/ }],
    },
    {
      name: "the SIP certificate has expired",
      break: async (settings, owner) => showing(settings, owner, await trusted({ fromDays: -90, toDays: -2 })),
      finds: [
        { severity: "error", path: "bbb_servers[0].sip", message: /certificate expired on 2/, cure: /agent\.pem/ },
      ],
    },
    {
      name: "the SIP certificate is not valid yet",
      break: async (settings, owner) => showing(settings, owner, await trusted({ fromDays: 2, toDays: 90 })),
      finds: [{ severity: "error", path: "bbb_servers[0].sip", message: /not valid before 2/, cure: /clock/ }],
    },
    {
      name: "the SIP certificate expires tomorrow",
      break: async (settings, owner) => showing(settings, owner, await trusted({ toDays: 1.5 })),
      finds: [{ severity: "warning", path: "bbb_servers[0].sip", message: /expires in 1 day,/, cure: /agent\.pem/ }],
    },
    {
      name: "the SIP certificate is for another name",
      break: async (settings, owner) =>
        showing(settings, owner, await trusted({ names: ["bbb.example.org", "*.example.net"] })),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].sip",
          message: /for bbb\.example\.org, \*\.example\.net, not for 127\.0\.0\.1/,
          cure: /write a host name from the certificate/,
        },
      ],
    },
    {
      name: "the SIP certificate is from an unknown authority",
      break: async (settings, owner) => showing(settings, owner, await makeCertificates()),
      finds: [
        {
          severity: "error",
          path: "bbb_servers[0].sip",
          message: /CA is unknown/,
          cure: /complete chain.*--ca FILE/,
        },
      ],
    },
    {
      name: "the server's dialplan refuses every call",
      break: (settings, owner) => {
        const { voice } = bench.world.bbbs[0];
        const { allowed } = voice;
        voice.allowed = [];
        owner.teardown(() => {
          voice.allowed = allowed;
        });
        return settings;
      },
      finds: [{ severity: "error", path: "bbb_servers[0].sip", message: /480/, cure: /01_einwahl\.xml/ }],
    },
    {
      name: "allow_unencrypted is set for the server",
      break: (settings) => withSip(settings, { allow_unencrypted: true }),
      finds: [
        {
          severity: "warning",
          path: "bbb_servers[0].sip.allow_unencrypted",
          message: /without TLS and SRTP/,
          cure: /bbb-node\/README/,
        },
      ],
    },
    {
      name: "nothing listens on livekit-sip's port",
      break: async (settings) => withServer(settings, { livekit_sip: { port: await freePort() } }),
      finds: [{ severity: "error", path: "bbb_servers[0].livekit_sip", message: /nothing listens/, cure: /./ }],
    },
  ];
  for (const broken of [...api, ...sip]) await t.test(titleOf(broken), (t) => bench.finds(t, broken));

  await t.test("many meetings with PINs of five digits: how many guesses they resist", async (t) => {
    const bbb = bench.world.bbbs[1];
    for (let meeting = 1; meeting <= 10; meeting += 1)
      bbb.createMeeting({
        meetingID: `short-${meeting}`,
        name: `short-${meeting}`,
        voiceBridge: `6000${meeting % 10}`,
      });
    await bench.finds(t, {
      name: "",
      break: (settings) => settings,
      finds: [
        {
          severity: "warning",
          path: "pins",
          message: /^12 PINs of 5 digits are open: guessing hits one after about 8,333 wrong PINs\. /,
          cure: /nine-digit PINs.*defaultNumDigitsForTelVoice=9/,
        },
      ],
    });
  });
});
