import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { type Browser, type Page, chromium } from "playwright-core";
import t from "tap";
import { missingPrograms } from "../e2e/support/missing-programs.js";
import { decodeQr } from "./support/decode-qr.js";
import { WebWorld } from "./support/web-world.js";

t.setTimeout(500_000);

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path)) ?? "/usr/bin/chromium";
const missing = existsSync(executablePath) ? false : missingPrograms("chromium");
/** Where screenshots go; nowhere unless somebody wants to look at them. */
const screenshots = process.env["EINWAHL_SCREENSHOTS"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const sizes = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } } as const;

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe-core finds on the page as it is shown now. */
async function violations(page: Page): Promise<Violation[]> {
  // The page lets no script in; this one comes from the browser's own side.
  await page.evaluate(axe);
  return await page.evaluate(async (): Promise<Violation[]> => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } };
    const { violations } = await axe.run();
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) }));
  });
}

/** The pixels of an element as the browser shows it. */
async function pixelsOf(browser: Browser, png: Buffer): Promise<{ readonly pixels: Uint8ClampedArray; readonly width: number; readonly height: number }> {
  const page = await browser.newPage();
  const { data, width, height } = await page.evaluate(async (source) => {
    const { document, Image } = globalThis as unknown as {
      document: { createElement: (name: string) => { width: number; height: number; getContext: (kind: string) => { drawImage: (image: unknown, x: number, y: number) => void; getImageData: (x: number, y: number, w: number, h: number) => { data: Iterable<number> } } } };
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
    return { data: [...context.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
  }, `data:image/png;base64,${png.toString("base64")}`);
  await page.close();
  return { pixels: Uint8ClampedArray.from(data), width, height };
}

if (missing !== false) {
  t.pass(missing, { skip: missing });
} else {
  const browser = await chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  t.teardown(() => browser.close());
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });

  for (const [size, viewport] of Object.entries(sizes)) {
    for (const language of ["de", "en"]) {
      // Each pair of size, language and scheme in some test; all of them for whoever wants to look at them.
      const schemes = screenshots !== undefined ? (["light", "dark"] as const) : [(size === "phone") === (language === "de") ? ("light" as const) : ("dark" as const)];
      for (const colorScheme of schemes) {
        await t.test(`${size}, ${language}, ${colorScheme}`, async (t) => {
          const world = await WebWorld.start(t);
          const context = await browser.newContext({ viewport, colorScheme, locale: language, javaScriptEnabled: true });
          const page = await context.newPage();
          const requests: string[] = [];
          const complaints: string[] = [];
          page.on("request", (request) => requests.push(request.url()));
          page.on("console", (message) => complaints.push(message.text()));
          page.on("pageerror", (error) => complaints.push(error.message));
          for (const [view, query] of [["plain", ""], ["pin", "?pin=123456789"], ["wrong", "?pin=12"], ["poster", "?pin=123456789&view=print"]] as const) {
            await page.goto(`${world.url}/${query}`);
            t.equal(await page.getAttribute("html", "lang"), language, "the browser's language");
            const width = await page.evaluate(() => (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement.scrollWidth);
            t.ok(width <= viewport.width, `${view}: nothing sticks out, ${width} px`);
            const found = await violations(page);
            t.same(found, [], `${view}: ${found.map(({ id, impact }) => `${id} (${impact})`).join(", ")}`);
            if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${size}-${language}-${colorScheme}-${view}.png`), fullPage: true });
          }
          t.same([...new Set(requests.map((url) => new URL(url).origin))], [world.url], "no request leaves the origin");
          t.same(complaints, []);
          t.same(await context.cookies(), []);
          await context.close();
        });
      }
    }
  }

  await t.test("the QR code, as it is shown, leads to the link", async (t) => {
    const world = await WebWorld.start(t);
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport: sizes.phone, colorScheme });
      const page = await context.newPage();
      await page.goto(`${world.url}/?lang=de&pin=123456789`);
      const { pixels, width, height } = await pixelsOf(browser, await page.locator("figure svg").screenshot());
      t.equal(decodeQr(pixels, width, height), "tel:+493023125001,,123456789%23");
      t.equal(await page.locator(".button[href^='tel:']").first().getAttribute("href"), "tel:+493023125001,,123456789%23");
      await context.close();
    }
  });

  await t.test("without scripts: type a PIN, change the language, print", async (t) => {
    const world = await WebWorld.start(t);
    const context = await browser.newContext({ viewport: sizes.phone, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${world.url}/?lang=de`);
    await page.getByLabel("PIN der Konferenz").fill("123 456 789");
    await page.getByRole("button", { name: "Anzeigen" }).click();
    t.equal(new URL(page.url()).searchParams.get("pin"), "123 456 789");
    t.equal(await page.getByRole("heading", { name: "Ihre PIN" }).count(), 1);
    await page.getByRole("link", { name: "English" }).click();
    t.equal(await page.getByRole("heading", { name: "Your PIN" }).count(), 1);
    await page.getByRole("link", { name: "View for printing" }).click();
    await page.emulateMedia({ media: "print" });
    t.equal(await page.getByRole("link", { name: "Back to the whole page" }).isVisible(), false);
    t.equal(await page.locator("figure svg").isVisible(), true);
    if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, "print-en.png"), fullPage: true });
    await context.close();
  });
}
