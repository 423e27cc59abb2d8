/**
 * Two real browsers behind the few verbs that the scenarios need: `Page` with `evaluate`,
 * `press`, `down`, `moveTo`, `up`, `wheel`, `choose`, `goto` and `close`.
 */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
const FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --use-fake-device-for-media-stream";
const VIEWPORT = { width: 900, height: 800 };
/** Milliseconds to start in: other work may have the machine. What hangs is ended by the tests. */
const START = 180_000;
/** Milliseconds of a test, however busy the machine is: far from what one takes. */
export const LONGEST = 300_000;

export async function chromium() {
  const { chromium: browser } = await import("playwright-core");
  const launched = await browser.launch({ executablePath: CHROMIUM, args: FLAGS.split(" "), timeout: START });
  return {
    close: () => launched.close(),
    /** @param {object} [options] of Playwright's `newContext` */
    async page(options) {
      const context = await launched.newContext({ viewport: VIEWPORT, ...options });
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

export async function firefox() {
  const { default: puppeteer } = await import("puppeteer-core");
  const launched = await puppeteer.launch({ browser: "firefox", executablePath: FIREFOX, headless: true, timeout: START, protocolTimeout: 0 });
  return {
    close: () => launched.close(),
    async page() {
      const page = await launched.newPage();
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
  /** @param {any} page of either library @param {object} own what they do differently */
  constructor(page, own) {
    this.own = page;
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error?.stack ?? error)));
    Object.assign(this, own);
  }

  goto = (address) => this.own.goto(address);
  evaluate = (code, argument) => this.own.evaluate(code, argument);
  press = (key) => this.own.keyboard.press(key);
  keyDown = (key) => this.own.keyboard.down(key);
  keyUp = (key) => this.own.keyboard.up(key);
  moveTo = (x, y) => this.own.mouse.move(x, y);
  down = () => this.own.mouse.down();
  up = () => this.own.mouse.up();

  /** Presses and lets go in the middle of a part. */
  async click(part) {
    const { x, y } = await this.evaluate((name) => {
      scene.part(name).scrollIntoView({ block: "nearest" });
      return scene.middle(name);
    }, part);
    await this.moveTo(x, y);
    await this.down();
    await this.up();
  }

  /** Drags from the middle of a part. */
  async drag(part, dx, dy) {
    const { x, y } = await this.evaluate((name) => scene.middle(name), part);
    await this.moveTo(x, y);
    await this.down();
    for (const step of [0.25, 0.5, 0.75, 1]) await this.moveTo(x + dx * step, y + dy * step);
    await this.up();
  }
}
