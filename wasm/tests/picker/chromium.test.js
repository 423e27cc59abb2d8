/** What takes Chromium's own means: touch, axe, preferences, the real clipboard, a real drop. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium, LONGEST } from "./browser-pages.js";
import { lend, posts, serve } from "./form-server.js";

const CORPUS = process.env.ROUNDEL_CORPUS ?? fileURLToPath(new URL("../../../../shared/corpus", import.meta.url));
const PHOTO = fileURLToPath(new URL("../../../examples/photos/astronaut.jpg", import.meta.url));
const ASTRONAUT = "/photos/astronaut.jpg";
/** WCAG 2.2, levels A and AA. */
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

let server, browser;
before(async () => {
  server = await serve();
  browser = await chromium();
});
after(async () => {
  await browser?.close();
  server.close();
});

/** Runs `act` on the form's page, in a context with these options of Playwright. */
function scenario(what, options, act) {
  test(what, { timeout: LONGEST }, async () => {
    const page = await browser.page(options);
    await page.goto(`${server.address}/pages/form.html`);
    await page.evaluate(() => customElements.whenDefined("roundel-picker"));
    await act(page);
    assert.deepEqual(page.errors, []);
    assert.deepEqual(await page.evaluate(() => scene.violations), []);
    await page.close();
  });
}

const open = (page, path) => page.evaluate((it) => scene.open(it), path ?? ASTRONAUT);
const crop = (page) => page.evaluate(() => scene.picker.crop);

async function assertClean(page, state) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((rules) => axe.run(document, rules), RULES);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, [], state);
}

for (const colorScheme of ["light", "dark"]) {
  scenario(`axe finds nothing, ${colorScheme}: empty, refused, with a photo, enlarged, disabled`, { colorScheme }, async (page) => {
    await assertClean(page, "empty");
    await page.evaluate(async () => scene.picker.load(await scene.file("/cases/empty")));
    await assertClean(page, "refused");
    await open(page);
    await assertClean(page, "with a photo");
    await open(page, "/cases/jpeg-420");
    await assertClean(page, "enlarged");
    await page.evaluate(() => (document.getElementById("fields").disabled = true));
    await assertClean(page, "disabled");
  });

  scenario(`the page's colours are the picker's, ${colorScheme}`, { colorScheme }, async (page) => {
    const light = await page.evaluate(() => {
      const [r, g, b] = getComputedStyle(scene.part("dropzone")).backgroundColor.match(/\d+/g).map(Number);
      return r + g + b > 384;
    });
    assert.equal(light, colorScheme === "light");
  });
}

scenario("two fingers zoom about their middle, one moves", { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } }, async (page) => {
  await open(page);
  const devtools = await page.own.context().newCDPSession(page.own);
  const { x, y } = await page.evaluate(() => {
    scene.part("stage").scrollIntoView({ block: "center" });
    return scene.middle("stage");
  });
  const touch = (type, ...fingers) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: fingers.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })) });

  await touch("touchStart", [-30, 0], [30, 0]);
  await touch("touchMove", [-45, 0], [45, 0]);
  await touch("touchMove", [-60, 0], [60, 0]);
  await touch("touchEnd");
  await page.evaluate(() => scene.picker.settled());
  const pinched = await crop(page);
  assert.ok(Math.abs(pinched[2] - 256) < 2, `twice as large: ${pinched}`);
  assert.ok(Math.abs(pinched[0] - 128) < 2 && Math.abs(pinched[1] - 128) < 2, `about the middle: ${pinched}`);

  await touch("touchStart", [0, 0]);
  await touch("touchMove", [20, 0]);
  await touch("touchMove", [40, 0]);
  await touch("touchEnd");
  assert.ok((await crop(page))[0] < pinched[0] - 10);
  assert.equal(await page.evaluate(() => scene.picker.settled()), true);
  assert.equal(await page.evaluate(() => scene.count("change")), 3);
});

scenario("on a phone nothing is wider than the screen", { hasTouch: true, isMobile: true, viewport: { width: 320, height: 640 } }, async (page) => {
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth > 320);
  assert.equal(await wide(), false);
  assert.ok(await page.evaluate(() => scene.part("camera").getBoundingClientRect().width > 0));
  await open(page);
  assert.equal(await wide(), false);
});

scenario("keys alone go all the way: choose, move, zoom, undo, save", {}, async (page) => {
  const focused = () => page.evaluate(() => scene.picker.shadowRoot.activeElement?.getAttribute("part") ?? document.activeElement.id);
  const tabTo = async (part) => {
    for (let press = 0; press < 30 && (await focused()) !== part; press++) await page.press("Tab");
    assert.equal(await focused(), part);
  };
  const chooser = page.own.waitForEvent("filechooser"); // Chromium has to be told before it opens
  await tabTo("choose");
  await page.press("Enter");
  await (await chooser).setFiles(PHOTO);
  await page.evaluate(async () => {
    while (!scene.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.equal(await focused(), "stage");
  const steps = [await crop(page)];
  for (const key of ["+", "ArrowRight"]) {
    await page.press(key);
    await page.evaluate(() => scene.picker.settled()); // and so a step of its own
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
  await page.own.waitForURL(/saved\.html/);
  assert.match(page.own.url(), /avatar=avatar-128\.jpg&avatar=avatar-64\.jpg/);
  await page.own.goBack();
  await page.evaluate(() => customElements.whenDefined("roundel-picker"));
});

scenario("a photo is taken with the camera, which is switched off again", { permissions: ["camera"] }, async (page) => {
  await page.click("camera");
  const track = await page.evaluate(async () => {
    const picture = scene.part("camera-picture");
    while (!picture.videoWidth) await new Promise(requestAnimationFrame);
    window.track = picture.srcObject.getTracks()[0];
    return window.track.readyState;
  });
  assert.equal(track, "live");
  await assertClean(page, "camera");
  await page.click("shutter");
  await page.evaluate(async () => {
    while (!scene.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.equal(await page.evaluate(() => window.track.readyState), "ended");
  assert.equal(await page.evaluate(() => scene.part("camera-dialog").open), false);
  assert.equal(await page.evaluate(() => scene.last("change").source.format), "png");
});

scenario("a camera that is asked for twice is switched off as often", { permissions: ["camera"] }, async (page) => {
  const states = await page.evaluate(async () => {
    const devices = navigator.mediaDevices;
    const [ask, streams] = [devices.getUserMedia.bind(devices), []];
    devices.getUserMedia = async (wish) => (streams.push(await ask(wish)), streams.at(-1));
    for (const press of [1, 2]) scene.part("camera").click();
    while (streams.length < 2 || !scene.part("camera-picture").videoWidth) await new Promise(requestAnimationFrame);
    scene.part("camera-cancel").click();
    while (scene.part("camera-picture").srcObject) await new Promise(requestAnimationFrame);
    return streams.map((stream) => stream.getTracks()[0].readyState);
  });
  assert.deepEqual(states, ["ended", "ended"]);
  assert.equal(await page.evaluate(() => scene.count("error")), 0);
});

scenario("a camera that may not be used is answered", {}, async (page) => {
  await page.own.context().grantPermissions([]); // none
  await page.click("camera");
  await page.evaluate(async () => {
    while (!scene.count("error")) await new Promise(requestAnimationFrame);
  });
  assert.equal(await page.evaluate(() => scene.last("error").code), "no_camera");
});

scenario("a real paste, from the clipboard", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 200);
    canvas.getContext("2d").fillRect(0, 0, 100, 100);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": canvas.convertToBlob() })]);
  });
  await page.press("Control+V");
  await page.evaluate(async () => {
    while (!scene.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.deepEqual(await crop(page), [50, 0, 200, 200]);
});

scenario("a real drop, from the desktop", {}, async (page) => {
  const devtools = await page.own.context().newCDPSession(page.own);
  const { x, y } = await page.evaluate(() => scene.middle("dropzone"));
  const data = { items: [], files: [PHOTO], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await devtools.send("Input.dispatchDragEvent", { type, x, y, data });
  await page.evaluate(async () => {
    while (!scene.count("change")) await new Promise(requestAnimationFrame);
  });
  assert.deepEqual(await crop(page), [0, 0, 512, 512]);
});

scenario("a browser that refuses the state `busy` can do without", {}, async (page) => {
  const fine = await page.evaluate(async () => {
    CustomStateSet.prototype.add = () => {
      throw new DOMException("must start with '--'", "SyntaxError"); // Chromium until 124
    };
    await scene.picker.load(await scene.file("/photos/astronaut.jpg"));
    return scene.picker.settled();
  });
  assert.equal(fine, true);
});

scenario("nothing moves by itself where reduced motion is asked for", { reducedMotion: "reduce" }, async (page) => {
  const moving = await page.evaluate(() =>
    [...scene.picker.shadowRoot.querySelectorAll("*")]
      .map((node) => getComputedStyle(node))
      .filter(({ transitionDuration, animationName }) => parseFloat(transitionDuration) > 0 || animationName !== "none").length,
  );
  assert.equal(moving, 0);
});

scenario("the window is seen in forced colours", { forcedColors: "active" }, async (page) => {
  await open(page);
  assert.equal(await page.evaluate(() => getComputedStyle(scene.part("window")).outlineStyle), "solid");
});

test("the Save button sends the files", { timeout: LONGEST }, async () => {
  const page = await browser.page();
  await page.goto(`${server.address}/pages/form.html`);
  await open(page);
  await page.evaluate(() => Object.assign(scene.form, { method: "post", enctype: "multipart/form-data" }));
  const answered = page.own.waitForResponse((it) => it.request().method() === "POST");
  await page.click("move-left"); // and at once:
  await page.evaluate(() => document.getElementById("save").click());
  await answered;
  for (const name of ["avatar-128.jpg", "avatar-64.jpg"]) assert.ok(posts[0].includes(`filename="${name}"`), name);
  await page.close();
});

const HEIC = "heic/exif-samples__IMG_5195.HEIC";
const without = existsSync(`${CORPUS}/${HEIC}`) ? false : `no corpus at ${CORPUS}`;

test("HEIC is refused, unless the page brings a decoder", { timeout: LONGEST, skip: without }, async () => {
  lend("corpus", CORPUS);
  const page = await browser.page();
  await page.goto(`${server.address}/pages/form.html`);
  await open(page, `/corpus/${HEIC}`);
  assert.equal(await page.evaluate(() => scene.last("error").code), "unsupported");
  await page.evaluate(async () => {
    const { heic } = await import("/js/heic/index.js");
    scene.picker.decoders = [heic];
  });
  assert.equal(await open(page, `/corpus/${HEIC}`), true);
  assert.equal(await page.evaluate(() => scene.picker.rendered.avatars.length), 2);
  assert.deepEqual(await page.evaluate(() => scene.violations), []);
  await page.close();
});

const LARGE = "derived/derived_48mp_420_o6_baseline.jpg";
const lacking = existsSync(`${CORPUS}/${LARGE}`) ? false : `no corpus at ${CORPUS}`;

test("a photo of 48 MP, stored sideways, is rendered as core does", { timeout: LONGEST, skip: lacking }, async () => {
  lend("corpus", CORPUS);
  const page = await browser.page();
  await page.goto(`${server.address}/pages/form.html`);
  await page.evaluate(() => customElements.whenDefined("roundel-picker"));
  assert.equal(await open(page, `/corpus/${LARGE}`), true);
  assert.deepEqual(await crop(page), [0, 1008, 6048, 6048]);
  const { given, expected } = await page.evaluate(async () => ({
    given: await Promise.all(scene.last("change").avatars.map(({ blob }) => scene.digest(blob))),
    expected: await scene.expected(scene.picker.photo, { sizes: [128, 64], crop: scene.picker.crop }),
  }));
  assert.deepEqual(given, expected);
  await page.close();
});
