/** The browsers that tests run in, each behind the same few verbs. */

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** Milliseconds to start in: other work may have the machine. */
const timeout = 180_000;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @type {Record<string, () => Promise<{ newPage(): Promise<any>, close(): Promise<void> }>>} */
const LAUNCH = {
  chromium: () => chromium.launch({ executablePath: present(CHROMIUM), args: FLAGS, timeout }),
  firefox: () =>
    puppeteer.launch({ browser: "firefox", executablePath: present(FIREFOX), headless: true, timeout, protocolTimeout: 0 }),
};

export const NAMES = Object.keys(LAUNCH);

/** @param {string} name */
export const launch = (name) => LAUNCH[name]();

function present(path) {
  if (!existsSync(path)) throw new Error(`${path} is missing: make setup installs it, or set CHROMIUM and FIREFOX`);
  return path;
}
