// Takes pictures of pages. Usage: node shots.mjs URL FOLDER NAME=PATH... Each is taken wide and narrow, light and dark.
import { SCHEMES, SIZES, launch, open } from "./chromium.mjs";

const [baseURL, folder, ...names] = process.argv.slice(2);
const browser = await launch();
for (const colorScheme of SCHEMES) {
  for (const viewport of SIZES) {
    const { context, page } = await open(browser, { baseURL, colorScheme, viewport });
    for (const name of names) {
      const [word, path] = name.split(/=(.*)/s);
      await page.goto(path);
      const size = viewport.width > 1000 ? "wide" : "narrow";
      await page.screenshot({ path: `${folder}/${word}-${size}-${colorScheme}.png` });
    }
    await context.close();
  }
}
await browser.close();
