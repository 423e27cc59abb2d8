/** Tests that need Chromium: touch, axe, media preferences, the clipboard, drag and drop. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { launchChromium, TEST_TIMEOUT } from "./browser-pages.js";
import { mount, postedBodies, startServer } from "./form-server.js";

const CORPUS = process.env.ROUNDEL_CORPUS ?? fileURLToPath(new URL("../../../../shared/corpus", import.meta.url));
const PHOTO = fileURLToPath(new URL("../../../examples/photos/astronaut.jpg", import.meta.url));
const ASTRONAUT = "/photos/astronaut.jpg";
/** WCAG 2.2, levels A and AA. */
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

let server, browser;
before(async () => {
  server = await startServer();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  server.close();
});

/** Runs `run` on the form page, in a context with these options of Playwright. */
function scenario(title, options, run) {
  test(title, { timeout: TEST_TIMEOUT }, async () => {
    const page = await browser.openPage(options);
    await page.goto(`${server.address}/pages/form.html`);
    await page.evaluate(() => customElements.whenDefined("roundel-picker"));
    await run(page);
    assert.deepEqual(page.errors, []);
    assert.deepEqual(await page.evaluate(() => harness.violations), []);
    await page.close();
  });
}

const load = (page, path) => page.evaluate((it) => harness.load(it), path ?? ASTRONAUT);
const crop = (page) => page.evaluate(() => harness.picker.crop);

async function assertNoViolations(page, state) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((rules) => axe.run(document, rules), RULES);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, [], state);
}

for (const colorScheme of ["light", "dark"]) {
  scenario(`axe finds no violation in any state, ${colorScheme}`, { colorScheme }, async (page) => {
    await assertNoViolations(page, "empty");
    await page.evaluate(async () => harness.picker.load(await harness.fetchFile("/cases/empty")));
    await assertNoViolations(page, "refused");
    await load(page);
    await assertNoViolations(page, "with a photo");
    await load(page, "/cases/jpeg-420");
    await assertNoViolations(page, "enlarged");
    await page.evaluate(() => (document.getElementById("fields").disabled = true));
    await assertNoViolations(page, "disabled");
  });

  scenario(`the picker follows the page's color scheme, ${colorScheme}`, { colorScheme }, async (page) => {
    const light = await page.evaluate(() => {
      const [r, g, b] = getComputedStyle(harness.part("dropzone")).backgroundColor.match(/\d+/g).map(Number);
      return r + g + b > 384;
    });
    assert.equal(light, colorScheme === "light");
  });
}

scenario("two fingers zoom at their center, one moves", { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } }, async (page) => {
  await load(page);
  const devtools = await page.driver.context().newCDPSession(page.driver);
  const { x, y } = await page.evaluate(() => {
    harness.part("cropper").scrollIntoView({ block: "center" });
    return harness.center("cropper");
  });
  const touch = (type, ...fingers) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: fingers.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })) });

  await touch("touchStart", [-30, 0], [30, 0]);
  await touch("touchMove", [-45, 0], [45, 0]);
  await touch("touchMove", [-60, 0], [60, 0]);
  await touch("touchEnd");
  await page.evaluate(() => harness.picker.settled());
  const pinched = await crop(page);
  assert.ok(Math.abs(pinched[2] - 256) < 2, `zoomed by 2: ${pinched}`);
  assert.ok(Math.abs(pinched[0] - 128) < 2 && Math.abs(pinched[1] - 128) < 2, `at the center: ${pinched}`);

  await touch("touchStart", [0, 0]);
  await touch("touchMove", [20, 0]);
  await touch("touchMove", [40, 0]);
  await touch("touchEnd");
  assert.ok((await crop(page))[0] < pinched[0] - 10);
  assert.equal(await page.evaluate(() => harness.picker.settled()), true);
  assert.equal(await page.evaluate(() => harness.count("change")), 3);
});

scenario("on a phone nothing is wider than the screen", { hasTouch: true, isMobile: true, viewport: { width: 320, height: 640 } }, async (page) => {
  const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > 320);
  assert.equal(await isTooWide(), false);
  assert.ok(await page.evaluate(() => harness.part("camera").getBoundingClientRect().width > 0));
  await load(page);
  assert.equal(await isTooWide(), false);
});

scenario("everything can be done with keys: choose, move, zoom, undo, save", {}, async (page) => {
  const focused = () => page.evaluate(() => harness.picker.shadowRoot.activeElement?.getAttribute("part") ?? document.activeElement.id);
  const tabTo = async (part) => {
    for (let count = 0; count < 30 && (await focused()) !== part; count++) await page.press("Tab");
    assert.equal(await focused(), part);
  };
  const chooser = page.driver.waitForEvent("filechooser"); // must be waited for before it opens
  await tabTo("choose");
  await page.press("Enter");
  await (await chooser).setFiles(PHOTO);
  await page.evaluate(async () => {
    while (!harness.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.equal(await focused(), "cropper");
  const steps = [await crop(page)];
  for (const key of ["+", "ArrowRight"]) {
    await page.press(key);
    await page.evaluate(() => harness.picker.settled()); // so that it is an undo step of its own
    steps.push(await crop(page));
  }
  assert.deepEqual(steps[0], [0, 0, 512, 512]);
  await tabTo("undo");
  for (const step of [1, 0]) {
    await page.press("Enter");
    assert.deepEqual(await crop(page), steps[step]);
  }
  await tabTo("redo");
  for (const step of [1, 2]) {
    await page.press("Enter");
    assert.deepEqual(await crop(page), steps[step]);
  }
  await tabTo("save");
  await page.press("Enter");
  await page.driver.waitForURL(/saved\.html/);
  assert.match(page.driver.url(), /avatar=avatar-128\.jpg&avatar=avatar-64\.jpg/);
  await page.driver.goBack();
  await page.evaluate(() => customElements.whenDefined("roundel-picker"));
});

scenario("the camera takes a photo and is stopped", { permissions: ["camera"] }, async (page) => {
  await page.click("camera");
  const track = await page.evaluate(async () => {
    const picture = harness.part("camera-video");
    while (!picture.videoWidth) await new Promise(requestAnimationFrame);
    window.track = picture.srcObject.getTracks()[0];
    return window.track.readyState;
  });
  assert.equal(track, "live");
  await assertNoViolations(page, "camera");
  await page.click("camera-capture");
  await page.evaluate(async () => {
    while (!harness.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.equal(await page.evaluate(() => window.track.readyState), "ended");
  assert.equal(await page.evaluate(() => harness.part("camera-dialog").open), false);
  assert.equal(await page.evaluate(() => harness.last("change").source.format), "png");
});

scenario("a camera that is started twice is stopped twice", { permissions: ["camera"] }, async (page) => {
  const states = await page.evaluate(async () => {
    const devices = navigator.mediaDevices;
    const [getUserMedia, streams] = [devices.getUserMedia.bind(devices), []];
    devices.getUserMedia = async (constraints) => (streams.push(await getUserMedia(constraints)), streams.at(-1));
    for (const _ of [1, 2]) harness.part("camera").click();
    while (streams.length < 2 || !harness.part("camera-video").videoWidth) await new Promise(requestAnimationFrame);
    harness.part("camera-cancel").click();
    while (harness.part("camera-video").srcObject) await new Promise(requestAnimationFrame);
    return streams.map((stream) => stream.getTracks()[0].readyState);
  });
  assert.deepEqual(states, ["ended", "ended"]);
  assert.equal(await page.evaluate(() => harness.count("error")), 0);
});

scenario("a camera without permission gives an error", {}, async (page) => {
  await page.driver.context().grantPermissions([]); // no permissions
  await page.click("camera");
  await page.evaluate(async () => {
    while (!harness.count("error")) await new Promise(requestAnimationFrame);
  });
  assert.equal(await page.evaluate(() => harness.last("error").code), "no_camera");
});

scenario("a paste from the clipboard loads the photo", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 200);
    canvas.getContext("2d").fillRect(0, 0, 100, 100);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": canvas.convertToBlob() })]);
  });
  await page.press("Control+V");
  await page.evaluate(async () => {
    while (!harness.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.deepEqual(await crop(page), [50, 0, 200, 200]);
});

scenario("a drop from the desktop loads the photo", {}, async (page) => {
  const devtools = await page.driver.context().newCDPSession(page.driver);
  const { x, y } = await page.evaluate(() => harness.center("dropzone"));
  const data = { items: [], files: [PHOTO], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await devtools.send("Input.dispatchDragEvent", { type, x, y, data });
  await page.evaluate(async () => {
    while (!harness.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.deepEqual(await crop(page), [0, 0, 512, 512]);
});

scenario("a browser that rejects the state `busy` works without it", {}, async (page) => {
  const succeeded = await page.evaluate(async () => {
    CustomStateSet.prototype.add = () => {
      throw new DOMException("must start with '--'", "SyntaxError"); // Chromium until 124
    };
    await harness.picker.load(await harness.fetchFile("/photos/astronaut.jpg"));
    return harness.picker.settled();
  });
  assert.equal(succeeded, true);
});

scenario("nothing is animated with reduced motion", { reducedMotion: "reduce" }, async (page) => {
  const animated = await page.evaluate(() =>
    [...harness.picker.shadowRoot.querySelectorAll("*")]
      .map((node) => getComputedStyle(node))
      .filter(({ transitionDuration, animationName }) => parseFloat(transitionDuration) > 0 || animationName !== "none").length,
  );
  assert.equal(animated, 0);
});

scenario("the crop area is visible in forced colors", { forcedColors: "active" }, async (page) => {
  await load(page);
  assert.equal(await page.evaluate(() => getComputedStyle(harness.part("crop-area")).outlineStyle), "solid");
});

test("a click on Save right after a move sends the files", { timeout: TEST_TIMEOUT }, async () => {
  const page = await browser.openPage();
  await page.goto(`${server.address}/pages/form.html`);
  await load(page);
  await page.evaluate(() => Object.assign(harness.form, { method: "post", enctype: "multipart/form-data" }));
  const response = page.driver.waitForResponse((it) => it.request().method() === "POST");
  await page.click("move-left"); // and immediately:
  await page.evaluate(() => document.getElementById("save").click());
  await response;
  for (const name of ["avatar-128.jpg", "avatar-64.jpg"]) assert.ok(postedBodies[0].includes(`filename="${name}"`), name);
  await page.close();
});

scenario("AVIF is accepted, and HEIC if the page sets its decoder", {}, async (page) => {
  assert.equal(await load(page, "/cases/avif-alpha"), true);
  await load(page, "/cases/heic-tiles");
  assert.equal(await page.evaluate(() => harness.last("error").code), "unsupported");
  await page.evaluate(async () => {
    const { heic } = await import("/js/heic/index.js");
    harness.picker.decoders = [heic];
  });
  assert.equal(await load(page, "/cases/heic-tiles"), true);
  const shown = await page.evaluate(() => {
    const { source, avatars } = harness.picker.rendered;
    return [source.format, source.width, source.height, avatars.length];
  });
  assert.deepEqual(shown, ["heic", 60, 120, 2]);
});

const LARGE = "derived/derived_48mp_420_o6_baseline.jpg";
const skipLarge = existsSync(`${CORPUS}/${LARGE}`) ? false : `no corpus at ${CORPUS}`;

test("a photo of 48 MP, stored sideways, is rendered as by core", { timeout: TEST_TIMEOUT, skip: skipLarge }, async () => {
  mount("corpus", CORPUS);
  const page = await browser.openPage();
  await page.goto(`${server.address}/pages/form.html`);
  await page.evaluate(() => customElements.whenDefined("roundel-picker"));
  assert.equal(await load(page, `/corpus/${LARGE}`), true);
  assert.deepEqual(await crop(page), [0, 1008, 6048, 6048]);
  const { actual, expected } = await page.evaluate(async () => ({
    actual: await Promise.all(harness.last("change").avatars.map(({ blob }) => harness.digest(blob))),
    expected: await harness.expectedDigests(harness.picker.photo, { sizes: [128, 64], crop: harness.picker.crop }),
  }));
  assert.deepEqual(actual, expected);
  await page.close();
});
