// Starts the system's Chromium, and looks at pages the way every test here does.
import { chromium } from "playwright-core";

export const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];
export const SCHEMES = ["light", "dark"];

/** A browser without a window. `CHROMIUM` names another one than Debian's. */
export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A page that gathers whatever the browser complains about. */
export async function open(browser, options) {
  const context = await browser.newContext({ timezoneId: "UTC", locale: "en-GB", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Whoever leaves a page leaves what it was loading, and its stream of events.
    if (request.failure().errorText !== "net::ERR_ABORTED") complaints.push(`not loaded: ${request.url()}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(options.baseURL).origin) complaints.push(`foreign: ${request.url()}`);
  });
  return { context, page, complaints };
}

/** How far the page sticks out to the right, in pixels. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
