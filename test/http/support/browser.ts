import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";

import { type Browser, chromium, type Page } from "playwright-core";
import type { Test } from "tap";

import { missingPrograms } from "../../e2e/support/missing-programs.js";

const executablePath =
  ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path)) ?? "/usr/bin/chromium";
/** Why tests with Chromium are skipped; false: Chromium is installed. */
export const missingChromium = existsSync(executablePath) ? false : missingPrograms("chromium");
/** Directory for screenshots; `undefined`: none are taken. */
const screenshots = process.env["EINWAHL_SCREENSHOTS"];
export const wantsScreenshots = screenshots !== undefined;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const sizes = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } } as const;

export async function openChromium(t: Pick<Test, "teardown">): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  t.teardown(() => browser.close());
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });
  return browser;
}

export async function screenshot(page: Page, name: string): Promise<void> {
  if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** The scroll width of the page. */
export async function widthOf(page: Page): Promise<number> {
  return await page.evaluate(
    () =>
      (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement
        .scrollWidth,
  );
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Findings of axe-core on the current page. */
export async function violations(page: Page): Promise<Violation[]> {
  // The page's policy blocks scripts; the browser injects this one.
  await page.evaluate(axe);
  return await page.evaluate(async (): Promise<Violation[]> => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } };
    const { violations } = await axe.run();
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) }));
  });
}
