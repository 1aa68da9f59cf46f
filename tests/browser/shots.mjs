// Takes pictures of pages. Usage: node shots.mjs URL FOLDER NAME-SIZE-SCHEME=PATH..., such as portfolio-wide-dark=/ui/portfolio.
import { SIZES, launch, open } from "./chromium.mjs";

const [baseURL, folder, ...pictures] = process.argv.slice(2);
const browser = await launch();
for (const picture of pictures) {
  const [, file, size, colorScheme, path] = picture.match(/^(\w+-(\w+)-(\w+))=(.*)$/);
  const viewport = size === "wide" ? SIZES[0] : SIZES[1];
  const { context, page } = await open(browser, { baseURL, colorScheme, viewport });
  await page.goto(path);
  await page.screenshot({ path: `${folder}/${file}.png` });
  await context.close();
}
await browser.close();
