import t from "tap";

import { isXml } from "../../../src/simulators/bbb/api-request.js";
import { apiChecksum } from "../../../src/simulators/bbb/checksum.js";
import { apiSecret, parsed, serve, type Xml } from "./support/api-server.js";

await t.test("requests with a body", async (t) => {
  const { api, ask, meetings } = await serve(t);
  const form = "application/x-www-form-urlencoded";
  const xml = "application/xml";
  const modules =
    '<?xml version="1.0" encoding="UTF-8"?><modules><module name="presentation"><document url="https://example.org/a.pdf"/></module></modules>';
  const post = async (query: string, type: string | undefined, body: string): Promise<Xml | number> => {
    const sent = await fetch(`${api.url}create${query}`, {
      method: "POST",
      body: new Blob([body], type === undefined ? {} : { type }),
    });
    return sent.status === 200 ? parsed(await sent.text()) : sent.status;
  };
  const signed = (query: string): string =>
    `${query}${query === "" ? "" : "&"}checksum=${apiChecksum("create", query, apiSecret, "sha1")}`;
  const checksumError = { returncode: "FAILED", messageKey: "checksumError" };
  const unsupported = { returncode: "FAILED", messageKey: "unsupportedContentType" };

  t.match(
    await post("", form, `meetingID=in-the-body&voiceBridge=55555&${signed("")}`),
    { returncode: "SUCCESS", voiceBridge: "55555" },
    "everything in a form",
  );
  t.match(
    await post(`?${signed("")}`, `${form}; charset=UTF-8`, "meetingID=but-the-checksum&voiceBridge=55556"),
    { returncode: "SUCCESS", voiceBridge: "55556" },
    "all but the checksum in a form",
  );
  t.match(await post("", form, signed("meetingID=signed-body")), checksumError, "a checksum of the form");
  t.match(
    await post(`?${signed("meetingID=split")}`, form, "voiceBridge=55557"),
    checksumError,
    "parameters in the URL and the body",
  );
  t.match(await post(`?${signed("meetingID=split")}`, form, "meetingID=split"), checksumError, "the same one in both");
  t.match(await post("", form, "meetingID=unsigned"), checksumError);
  t.match(await ask("create", `checksum=${"a".repeat(40)}&meetingID=twice`), checksumError, "two checksums");

  t.match(
    await post(`?${signed("meetingID=modules&voiceBridge=55558")}`, xml, modules),
    { returncode: "SUCCESS", voiceBridge: "55558" },
    "documents as XML",
  );
  t.match(await post(`?${signed("meetingID=modules2")}`, "text/xml;charset=utf-8", modules), { returncode: "SUCCESS" });
  t.match(
    await post(`?${signed("meetingID=large")}`, xml, modules.replace("/>", `>${"A".repeat(1_000_000)}</document>`)),
    { returncode: "SUCCESS" },
    "a document within",
  );
  t.equal(await post(`?${signed("meetingID=broken")}`, xml, modules.slice(0, -3)), 500, "malformed XML");
  t.ok(meetings.find("broken"), "the meeting exists");
  t.match(await post(`?${signed("meetingID=untyped")}`, undefined, modules), unsupported);
  t.match(await post(`?${signed("meetingID=json")}`, "application/json", "{}"), unsupported);
  t.match(
    await post(`?${signed("meetingID=unsigned-xml")}x`, "application/json", "{}"),
    checksumError,
    "the checksum comes first",
  );
  t.match(
    await post(`?${signed("meetingID=nothing")}`, undefined, ""),
    { returncode: "SUCCESS" },
    "a POST without a body",
  );
  const end = `meetingID=modules&checksum=${apiChecksum("end", "meetingID=modules", apiSecret, "sha1")}`;
  t.match(
    parsed(
      await (
        await fetch(`${api.url}end?${end}`, { method: "POST", body: modules, headers: { "content-type": xml } })
      ).text(),
    ),
    unsupported,
    "a call without documents",
  );
  t.match(await ask("create", "meetingID=recorded&record=yes"), { messageKey: "validationError" });
  t.match(await ask("create", "meetingID=recorded&record=false"), { returncode: "SUCCESS" });
});

await t.test("XML detection", (t) => {
  for (const text of [
    "<a/>",
    "<?xml version='1.0'?>\n<a b='c'><!-- <b> --><b>x</b><c/></a>",
    "<m:a><![CDATA[ {<} ]]></m:a>",
  ])
    t.ok(isXml(text), text);
  for (const text of [
    "",
    "x",
    "{}",
    "<a>",
    "</a>",
    "<a></b>",
    "<a><b></a></b>",
    "<a/><a/>",
    "<a/></a>",
    "<a>1 < 2</a>",
    "<!-- <a/>",
  ])
    t.notOk(isXml(text), text);
  t.end();
});
