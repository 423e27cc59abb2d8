/** The browsers in which the tests run. */

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** Milliseconds for a browser to start: the machine may be busy. The tests have their own timeouts. */
const timeout = 180_000;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
];

/** @type {Record<string, () => Promise<{ newPage(): Promise<any>, close(): Promise<void> }>>} */
const LAUNCHERS = {
  chromium: () => chromium.launch({ executablePath: existing(CHROMIUM), args: FLAGS, timeout }),
  firefox: () =>
    puppeteer.launch({ browser: "firefox", executablePath: existing(FIREFOX), headless: true, timeout, protocolTimeout: 0 }),
};

export const BROWSERS = Object.keys(LAUNCHERS);

/** @param {string} name one of `BROWSERS` */
export const launch = (name) => LAUNCHERS[name]();

function existing(path) {
  if (!existsSync(path)) throw new Error(`${path} is missing: run make setup-wasm, or set CHROMIUM and FIREFOX`);
  return path;
}
