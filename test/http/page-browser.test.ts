import type { Browser } from "playwright-core";
import t from "tap";

import {
  missingChromium,
  openChromium,
  screenshot,
  sizes,
  violations,
  wantsScreenshots,
  widthOf,
} from "./support/browser.js";
import { decodeQr } from "./support/decode-qr.js";
import { HttpHarness } from "./support/http-harness.js";

t.setTimeout(500_000);

/** The pixels of an element as rendered by the browser. */
async function pixelsOf(
  browser: Browser,
  png: Buffer,
): Promise<{ readonly pixels: Uint8ClampedArray; readonly width: number; readonly height: number }> {
  const page = await browser.newPage();
  const { data, width, height } = await page.evaluate(
    async (source) => {
      const { document, Image } = globalThis as unknown as {
        document: {
          createElement: (name: string) => {
            width: number;
            height: number;
            getContext: (kind: string) => {
              drawImage: (image: unknown, x: number, y: number) => void;
              getImageData: (x: number, y: number, w: number, h: number) => { data: Iterable<number> };
            };
          };
        };
        Image: new () => { src: string; width: number; height: number; decode: () => Promise<void> };
      };
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return {
        data: [...context.getImageData(0, 0, image.width, image.height).data],
        width: image.width,
        height: image.height,
      };
    },
    `data:image/png;base64,${png.toString("base64")}`,
  );
  await page.close();
  return { pixels: Uint8ClampedArray.from(data), width, height };
}

if (missingChromium !== false) {
  t.pass(missingChromium, { skip: missingChromium });
} else {
  const browser = await openChromium(t);

  for (const [size, viewport] of Object.entries(sizes)) {
    for (const language of ["de", "en"]) {
      // Pairwise combinations of size, language and scheme; all combinations if screenshots are requested.
      const schemes = wantsScreenshots
        ? (["light", "dark"] as const)
        : [(size === "phone") === (language === "de") ? ("light" as const) : ("dark" as const)];
      for (const colorScheme of schemes) {
        await t.test(`${size}, ${language}, ${colorScheme}`, async (t) => {
          const world = await HttpHarness.start(t);
          const context = await browser.newContext({
            viewport,
            colorScheme,
            locale: language,
            javaScriptEnabled: true,
          });
          const page = await context.newPage();
          const requests: string[] = [];
          const complaints: string[] = [];
          page.on("request", (request) => requests.push(request.url()));
          page.on("console", (message) => complaints.push(message.text()));
          page.on("pageerror", (error) => complaints.push(error.message));
          for (const [view, query] of [
            ["plain", ""],
            ["pin", "#123456789"],
            ["wrong", "?pin=12"],
            ["poster", "#123456789"],
          ] as const) {
            // With an equal path a change of "#" alone would not load the page.
            await page.goto("about:blank");
            await page.goto(`${world.url}/${query}`);
            if (query.includes("#")) await page.locator(".pin").waitFor();
            if (view === "poster") await page.locator(".with-code button.link").click();
            if (view === "poster") await page.locator("body.poster").waitFor();
            t.equal(await page.getAttribute("html", "lang"), language, "the browser's language");
            const width = await widthOf(page);
            t.ok(width <= viewport.width, `${view}: nothing sticks out, ${width} px`);
            const found = await violations(page);
            t.same(found, [], `${view}: ${found.map(({ id, impact }) => `${id} (${impact})`).join(", ")}`);
            await screenshot(page, `${size}-${language}-${colorScheme}-${view}`);
          }
          t.same([...new Set(requests.map((url) => new URL(url).origin))], [world.url], "no request leaves the origin");
          t.same(complaints, []);
          t.same(await context.cookies(), []);
          await context.close();
        });
      }
    }
  }

  await t.test("the displayed QR code contains the link", async (t) => {
    const world = await HttpHarness.start(t);
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport: sizes.phone, colorScheme });
      const page = await context.newPage();
      await page.goto(`${world.url}/?lang=de#123456789`);
      const { pixels, width, height } = await pixelsOf(browser, await page.locator("figure svg").screenshot());
      t.equal(decodeQr(pixels, width, height), "tel:+493023125001,,123456789%23");
      t.equal(
        await page.locator(".button[href^='tel:']").first().getAttribute("href"),
        "tel:+493023125001,,123456789%23",
      );
      await context.close();
    }
  });

  await t.test("a link with a PIN after #: no request URL contains it, and back does not post it again", async (t) => {
    const world = await HttpHarness.start(t);
    const context = await browser.newContext({ viewport: sizes.phone });
    const page = await context.newPage();
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(new URL(request.url()).search));
    await page.goto(`${world.url}/?lang=de`);
    // In an open page only the fragment changes.
    await page.goto(`${world.url}/?lang=de#123456789`);
    await page.getByRole("heading", { name: "Ihre PIN" }).waitFor();
    t.match(await page.locator(".pin").textContent(), "123 456 789");
    t.equal(page.url(), `${world.url}/?lang=de`);
    await page.goBack();
    await page.getByRole("heading", { name: "Rufnummern" }).or(page.locator("h2").first()).first().waitFor();
    t.notMatch(page.url(), /123456789/);
    t.equal(await page.locator("#pin-form").count(), 1, "the page without a PIN");
    t.notMatch(addresses.join(), /pin|123456789/);
    await context.close();
  });

  await t.test("without scripts: type a PIN, change the language, print", async (t) => {
    const world = await HttpHarness.start(t);
    const context = await browser.newContext({ viewport: sizes.phone, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${world.url}/?lang=de`);
    await page.getByLabel("PIN der Konferenz").fill("123 456 789");
    await page.getByRole("button", { name: "Anzeigen" }).click();
    t.equal(page.url(), `${world.url}/?lang=de`, "the PIN is not in the address");
    t.equal(await page.getByRole("heading", { name: "Ihre PIN" }).count(), 1);
    await page.getByRole("button", { name: "English" }).click();
    t.equal(await page.getByRole("heading", { name: "Your PIN" }).count(), 1);
    await page.getByRole("button", { name: "View for printing" }).click();
    await page.emulateMedia({ media: "print" });
    t.equal(await page.getByRole("button", { name: "Back to the whole page" }).isVisible(), false);
    t.equal(await page.locator("figure svg").isVisible(), true);
    await screenshot(page, "print-en");
    await context.close();
  });
}
