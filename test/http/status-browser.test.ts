import t from "tap";

import { badDay, firstMinute, goodDay } from "../monitoring/status/support/reports.js";
import {
  missingChromium,
  openChromium,
  screenshot,
  sizes,
  violations,
  wantsScreenshots,
  widthOf,
} from "./support/browser.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";

t.setTimeout(500_000);

const token = "token-of-the-operator";

if (missingChromium !== false) {
  t.pass(missingChromium, { skip: missingChromium });
} else {
  const browser = await openChromium(t);

  for (const [size, viewport] of Object.entries(sizes)) {
    for (const language of ["de", "en"]) {
      const schemes = wantsScreenshots
        ? (["light", "dark"] as const)
        : [(size === "phone") === (language === "de") ? ("light" as const) : ("dark" as const)];
      for (const colorScheme of schemes) {
        await t.test(`${size}, ${language}, ${colorScheme}`, async (t) => {
          let report = goodDay;
          const world = await HttpHarness.start(t, { operators: { status: () => report } });
          const context = await browser.newContext({ viewport, colorScheme, locale: language });
          const page = await context.newPage();
          const requests: string[] = [];
          const complaints: string[] = [];
          page.on("request", (request) => requests.push(request.url()));
          page.on("console", (message) => complaints.push(message.text()));
          page.on("pageerror", (error) => complaints.push(error.message));
          for (const [name, day] of Object.entries({ good: goodDay, bad: badDay, first: firstMinute })) {
            report = day;
            await page.goto(`${world.operatorsUrl}/status`);
            t.equal(await page.getAttribute("html", "lang"), language, "the browser's language");
            const width = await widthOf(page);
            t.ok(width <= viewport.width, `${name}: nothing sticks out, ${width} px`);
            const found = await violations(page);
            t.same(found, [], `${name}: ${found.map(({ id, impact }) => `${id} (${impact})`).join(", ")}`);
            await screenshot(page, `status-${size}-${language}-${colorScheme}-${name}`);
          }
          t.same(
            [...new Set(requests.map((url) => new URL(url).origin))],
            [world.operatorsUrl],
            "no request leaves the origin",
          );
          t.same(complaints, []);
          t.same(await context.cookies(), []);
          await context.close();
        });
      }
    }
  }

  await t.test("a browser with the token as password: the page refreshes until paused", async (t) => {
    let asked = 0;
    const world = await HttpHarness.start(t, {
      http: { status: "token", tokens: [tokenConfig("operator", token, ["status:read"])] },
      operators: { status: () => ({ ...goodDay, calls: { ...goodDay.calls, admitted: 1_000 + ++asked } }) },
    });
    const stranger = await (await browser.newContext()).newPage();
    await t.rejects(
      stranger.goto(`${world.url}/status`),
      /ERR_INVALID_AUTH_CREDENTIALS/,
      "the browser would ask for the password",
    );
    await stranger.context().close();
    const context = await browser.newContext({
      locale: "de",
      javaScriptEnabled: false,
      httpCredentials: { username: "", password: token },
    });
    const page = await context.newPage();
    t.equal((await page.goto(`${world.url}/status`))?.status(), 200);
    t.match(await page.locator("#calls").textContent(), "1001");
    await page.waitForEvent("framenavigated", { timeout: 60_000 });
    await page.getByText("1002").waitFor();
    t.pass("loaded again, without a script");
    await page.getByRole("link", { name: "Anhalten" }).click();
    await page.getByText("Die Seite ist angehalten.").waitFor();
    await page.getByRole("link", { name: "English" }).click();
    await page.getByText("This page is paused.").waitFor();
    await page.getByRole("link", { name: "Reload by itself again" }).click();
    await page.getByText("reloads itself").waitFor();
    await context.close();
  });
}
