// Clicks through everything that people can do on the pages: enter the key, place, cancel, deposit, withdraw, reset, log
// out; and sees a form of another site refused. Usage: node flows.mjs URL KEY. Prints what is wrong, and then fails.
import { createServer } from "node:http";
import { once } from "node:events";
import { SIZES, launch, open, overflow } from "./chromium.mjs";

const [baseURL, key] = process.argv.slice(2);
const wrong = [];
const browser = await launch();
const { context, page, complaints } = await open(browser, { baseURL, viewport: SIZES[0] });

async function see(what, locator, text) {
  try {
    await locator.first().waitFor({ timeout: 10_000 });
    const said = (await locator.first().textContent()) ?? "";
    if (text && !said.includes(text)) wrong.push(`${what}: “${said.trim()}” and not “${text}”`);
  } catch {
    wrong.push(`${what}: not there, at ${page.url()}`);
  }
}

const note = page.locator(".note");
const error = page.locator(".error");
const press = (name) => page.getByRole("button", { name, exact: true }).click();

/** The form that a button ends. */
const form = (name) => page.locator("form", { has: page.getByRole("button", { name, exact: true }) });

async function fill(name, values) {
  for (const [label, value] of Object.entries(values)) await form(name).getByLabel(label).fill(value);
}

// Without the key: looking is allowed, and nothing else.
await page.goto("/ui/trade");
await see("read-only", page.locator("main"), "read-only");
if ((await page.locator("main form").count()) > 0) wrong.push("a form without the key");

await page.getByRole("link", { name: "enter the API key" }).click();
await fill("Enter", { "API key": "not the key" });
await press("Enter");
await see("a wrong key", error, "not the key");
// The browser complains of the 403 itself.
complaints.splice(0).filter((line) => !line.includes("403")).forEach((line) => wrong.push(line));
await fill("Enter", { "API key": key });
await press("Enter");
await page.waitForURL("**/ui/trade");
const [cookie] = await context.cookies();
const strict = cookie.httpOnly && cookie.sameSite === "Strict" && cookie.path === "/ui";
if (!strict || cookie.value.includes(key)) wrong.push(`the cookie is ${JSON.stringify({ ...cookie, value: "" })}`);

// Money in; what is wrong is said beside the form, which keeps what was typed.
await fill("Deposit", { Asset: "USDT", Amount: "1,5" });
await press("Deposit");
await see("a bad amount", error, "amount");
if ((await form("Deposit").getByLabel("Amount").inputValue()) !== "1,5") wrong.push("what was typed is gone");
complaints.splice(0).filter((line) => !line.includes("422")).forEach((line) => wrong.push(line));
await fill("Deposit", { Asset: "usdt", Amount: "5000.25" });
await press("Deposit");
await see("a deposit", note, "Brought in: 5000.25 USDT");
await fill("Withdraw", { Asset: "USDT", Amount: "0.25" });
await press("Withdraw");
await see("a withdrawal", note, "Taken out: 0.25 USDT");
await page.reload();
if (!page.url().includes("/ui/trade")) wrong.push("a reload sends the form again");

// An order that rests, its page, and its end.
const ticket = form("Place the order");
const shown = async (labels) => {
  for (const [label, there] of Object.entries(labels)) {
    if ((await ticket.getByLabel(label).isVisible()) !== there) wrong.push(`${label} of ${await ticket.getByLabel("Type").inputValue()}`);
  }
};
await shown({ Quantity: true, Total: true, "Limit price": false, "Trigger price": false, "Trailing distance": false });
await ticket.getByLabel("Type").selectOption("limit");
await shown({ Quantity: true, Total: false, "Limit price": true, "Trigger price": false, "Trailing distance": false });
await fill("Place the order", { Symbol: "BTC/USDT", Quantity: "0.001", "Limit price": "1000" });
await press("Place the order");
await page.waitForURL("**/ui/orders/0*");
const order = new URL(page.url()).pathname;
await see("an order", note, "Placed: Buy 0.001 BTC/USDT at 1,000");
await see("why it waits", page.locator("main"), "below the ask of");
await press("Cancel the order");
await see("a cancellation", note, "canceled");

// One that waits for a price, with terms of its own; what is wrong keeps all that was typed.
await page.goto("/ui/trade");
await ticket.getByLabel("Type").selectOption("stop_loss_limit");
await shown({ Total: false, "Limit price": true, "Trigger price": true, "Trailing distance": true });
await fill("Place the order", { Symbol: "BTC/USDT", Quantity: "0.001", "Limit price": "2000000", "Trigger price": "1.000.000" });
await page.getByText("More terms").click();
await fill("Place the order", { "Client order id": "from the page" });
await press("Place the order");
await see("a bad trigger", error, "trigger price");
if ((await ticket.getByLabel("Client order id").inputValue()) !== "from the page") wrong.push("a term is gone");
complaints.splice(0).filter((line) => !line.includes("422")).forEach((line) => wrong.push(line));
await fill("Place the order", { "Trigger price": "1000000" });
await press("Place the order");
await page.waitForURL("**/ui/orders/0*");
await see("a stop", note, "once it rises to 1,000,000");
await see("what it waits for", page.locator("main"), "to be reached; last is");
await see("its terms", page.locator("main"), "from the page");
await page.goto("/ui/orders?trigger=stop_loss");
await see("the filter of triggers", page.locator("table.orders tbody"), "Buy, stop loss");

// The list is renewed by itself.
await page.goto("/ui/orders");
await see("a live page", page.locator("#live"), "Live");
const rows = page.locator("table.orders tbody tr");
const before = await rows.count();
await page.evaluate(() => (globalThis.sameDocument = true));
const placed = await fetch(`${baseURL}/orders`, {
  method: "POST",
  headers: { "x-api-key": key, "content-type": "application/json" },
  body: JSON.stringify({ symbol: "BTC/USDT", side: "buy", type: "limit", limit_price: "1001", amount: "0.001" }),
});
if (!placed.ok) wrong.push(`an order by the API: ${placed.status}`);
await page.waitForFunction((count) => document.querySelectorAll("table.orders tbody tr").length > count, before, { timeout: 20_000 })
  .catch(() => wrong.push("the list is not renewed"));
if (!(await page.evaluate(() => globalThis.sameDocument))) wrong.push("the page was loaded again");
await page.locator("#live").click();
await see("a pause", page.locator("#live"), "Paused");
await page.locator("#live").click();
await page.getByLabel("Status").selectOption("canceled");
await press("Show");
await see("a filter", rows, "canceled");

// A form of another site, with the cookie of the session in the same browser.
const site = createServer((request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(`<form method="post" action="${baseURL}/ui/deposit"><input name="asset" value="USDT">
    <input name="amount" value="777"><button>Win</button></form>`);
}).listen(0, "127.0.0.1");
await once(site, "listening");
const hostile = await context.newPage();
await hostile.goto(`http://127.0.0.1:${site.address().port}/`);
const [answer] = await Promise.all([
  hostile.waitForResponse((response) => response.url().includes("/ui/deposit")),
  hostile.getByRole("button").click(),
]);
if (answer.status() !== 403) wrong.push(`a form of another site is answered with ${answer.status()}`);
await hostile.close();
site.close();
const balance = await (await fetch(`${baseURL}/balance/USDT`, { headers: { "x-api-key": key } })).json();
if (balance.total !== 5000) wrong.push(`the balance is ${JSON.stringify(balance)}`);

// On a phone as well.
await page.setViewportSize(SIZES[1]);
for (const path of ["/ui/trade", "/ui/orders", order, "/ui"]) {
  await page.goto(path);
  if ((await overflow(page)) > 0) wrong.push(`${path} sticks out on a phone`);
}

// Everything is forgotten only when that is typed.
await page.goto("/ui/trade");
await fill("Forget everything", { "Type reset to confirm": "yes" });
await press("Forget everything");
await see("no confirmation", error, "Nothing was forgotten");
complaints.splice(0).filter((line) => !line.includes("422")).forEach((line) => wrong.push(line));
await fill("Forget everything", { "Type reset to confirm": "reset" });
await press("Forget everything");
await see("a reset", note, "forgotten");

await press("Log out");
await page.waitForURL("**/ui");
await page.goto("/ui/trade");
await see("after leaving", page.locator("main"), "read-only");
complaints.forEach((line) => wrong.push(line));

await browser.close();
wrong.forEach((line) => console.log(line));
process.exitCode = wrong.length === 0 ? 0 : 1;
