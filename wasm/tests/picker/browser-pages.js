/** Pages of two browsers with the same methods, whichever library drives the browser. */
import { launch } from "../browsers.js";

const VIEWPORT = { width: 900, height: 800 };
/** Milliseconds for one test: far more than it needs, because the machine may be busy. */
export const TEST_TIMEOUT = 300_000;

export async function launchChromium() {
  const browser = await launch("chromium");
  return {
    close: () => browser.close(),
    /** @param {object} [options] of Playwright's `newContext` */
    async openPage(options) {
      const context = await browser.newContext({ viewport: VIEWPORT, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(0);
      return new Page(page, {
        wheel: (dx, dy) => page.mouse.wheel(dx, dy),
        choose: (part, path) => page.locator(`roundel-picker [part="${part}"]`).setInputFiles(path),
        close: () => context.close(),
      });
    },
  };
}

export async function launchFirefox() {
  const browser = await launch("firefox");
  return {
    close: () => browser.close(),
    async openPage() {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      await page.setViewport(VIEWPORT);
      return new Page(page, {
        wheel: (deltaX, deltaY) => page.mouse.wheel({ deltaX, deltaY }),
        choose: async (part, path) => (await page.$(`roundel-picker >>> [part="${part}"]`)).uploadFile(path),
        close: () => page.close(),
      });
    },
  };
}

class Page {
  /** @param {any} page of Playwright or Puppeteer @param {object} methods that differ between the two */
  constructor(page, methods) {
    this.driver = page;
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error?.stack ?? error)));
    Object.assign(this, methods);
  }

  goto = (address) => this.driver.goto(address);
  evaluate = (code, argument) => this.driver.evaluate(code, argument);
  press = (key) => this.driver.keyboard.press(key);
  keyDown = (key) => this.driver.keyboard.down(key);
  keyUp = (key) => this.driver.keyboard.up(key);
  moveTo = (x, y) => this.driver.mouse.move(x, y);
  mouseDown = () => this.driver.mouse.down();
  mouseUp = () => this.driver.mouse.up();

  /** Clicks the center of a part. */
  async click(part) {
    const { x, y } = await this.evaluate((name) => {
      harness.part(name).scrollIntoView({ block: "nearest" });
      return harness.center(name);
    }, part);
    await this.moveTo(x, y);
    await this.mouseDown();
    await this.mouseUp();
  }

  /** Drags from the center of a part. */
  async drag(part, dx, dy) {
    const { x, y } = await this.evaluate((name) => harness.center(name), part);
    await this.moveTo(x, y);
    await this.mouseDown();
    for (const step of [0.25, 0.5, 0.75, 1]) await this.moveTo(x + dx * step, y + dy * step);
    await this.mouseUp();
  }
}
