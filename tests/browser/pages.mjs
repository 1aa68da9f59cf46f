// Looks at pages in every size and colour scheme: no complaint of the browser, nothing that sticks out, no violation of
// axe's rules. Usage: node pages.mjs URL KEY PATH... Prints a line for whatever is wrong, and then fails.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SCHEMES, SIZES, launch, open, overflow } from "./chromium.mjs";

const [baseURL, key, ...paths] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wrong = [];

async function ask(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations;
}

/** From here on the page is that of somebody who may change things, with all its forms. */
async function enter(page) {
  await page.goto("/ui/login");
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Enter" }).click();
  await page.waitForURL("**/ui");
}

let looks = 0;

const browser = await launch();

/** Looks at a page in one size and scheme. */
async function look({ page, complaints, viewport, colorScheme }, path, status = 200) {
  const say = (what) => wrong.push(`${path} ${viewport.width} px ${colorScheme}: ${what}`);
  const response = await page.goto(path, { waitUntil: "load" });
  if (response.status() !== status) say(`status ${response.status()}`);
  if ((await page.locator("h1").count()) !== 1) say("not one h1");
  for (const width of [viewport.width, viewport.width > 1000 ? 1920 : 360]) {
    await page.setViewportSize({ width, height: viewport.height });
    const out = await overflow(page);
    if (out > 0) say(`sticks out by ${out} px at ${width} px`);
  }
  await page.setViewportSize(viewport);
  // What is folded away is to be right as well.
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  // Colours are the same in both sizes, and all else is in both schemes.
  const violations = colorScheme === "light" || viewport === SIZES[0] ? await ask(page) : [];
  for (const { id, help, nodes } of violations) {
    say(`axe ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
  }
  // The browser complains of a page that is not there itself.
  complaints.splice(0).filter((line) => status === 200 || !line.includes(`${status}`)).forEach(say);
  looks += 1;
}

for (const colorScheme of SCHEMES) {
  for (const viewport of SIZES) {
    const { context, page, complaints } = await open(browser, { baseURL, colorScheme, viewport });
    const scene = { page, complaints, viewport, colorScheme };
    for (const [path, status] of [["/ui/login"], ["/ui/trade"], ["/ui/nothing", 404]]) {
      await look(scene, path, status);
    }
    await enter(page);
    for (const path of paths) await look(scene, path);
    await context.close();
  }
}

// Without a script: everything is there, and a choice of how often to load it again.
const { context, page, complaints } = await open(browser, { baseURL, javaScriptEnabled: false, viewport: SIZES[0] });
for (const path of paths) {
  await page.goto(path);
  if (!(await page.locator("footer noscript a, footer p a", { hasText: "30 s" }).isVisible())) wrong.push(`${path}: no choice of refresh`);
}
await page.goto(`${paths[0]}?refresh=5`);
if ((await page.locator('meta[http-equiv="refresh"]').count()) !== 1) wrong.push("the page is not loaded again");
complaints.forEach((what) => wrong.push(what));
await context.close();

// Whoever comes in by the front door is led to the overview.
const visitor = await open(browser, { baseURL });
await visitor.page.goto("/");
if (new URL(visitor.page.url()).pathname !== "/ui") wrong.push(`/ led to ${visitor.page.url()}`);
await visitor.context.close();

// With one: times are the viewer's, whatever the daemon's zone.
const viewer = await open(browser, { baseURL, timezoneId: "Asia/Tokyo" });
await viewer.page.goto(paths[0]);
const made = viewer.page.locator("#made time");
const at = new Date(await made.getAttribute("datetime"));
const tokyo = new Date(at.getTime() + 9 * 3600_000).toISOString().slice(0, 19).replace("T", " ");
if ((await made.textContent()) !== tokyo) wrong.push(`${await made.textContent()} is not ${tokyo}`);

await browser.close();
wrong.forEach((line) => console.log(line));
console.log(`${looks} looks at ${paths.length} pages, ${wrong.length} wrong`);
process.exitCode = wrong.length === 0 ? 0 : 1;
