/** What a person does and what must come of it, in every browser: `name` -> `run(page)`. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const PHOTO = fileURLToPath(new URL("../../../examples/photos/astronaut.jpg", import.meta.url));
const ASTRONAUT = "/photos/astronaut.jpg";

const open = (page, path = ASTRONAUT) => page.evaluate((it) => scene.open(it), path);
const settled = (page) => page.evaluate(() => scene.picker.settled());
const crop = (page) => page.evaluate(() => scene.picker.crop);
const focusStage = (page) => page.evaluate(() => scene.part("stage").focus());
const near = (a, b, within = 1) => assert.ok(Math.abs(a - b) <= within, `${a} is not within ${within} of ${b}`);

/** A photo at twice its size, in the middle. */
async function zoomed(page) {
  await open(page);
  await page.evaluate(() => (scene.picker.crop = [128, 128, 256, 256]));
  await settled(page);
}

export const scenarios = {
  async "a chosen photo becomes the avatars that core renders of the crop"(page) {
    await page.choose("file", PHOTO);
    await page.evaluate(async () => {
      while (!scene.count("change")) await new Promise(requestAnimationFrame);
    });
    const { given, expected, crop } = await page.evaluate(async () => ({
      given: await Promise.all(scene.last("change").avatars.map(({ blob }) => scene.digest(blob))),
      expected: await scene.expected(scene.picker.photo, { sizes: [128, 64], crop: [0, 0, 512, 512] }),
      crop: scene.picker.crop,
    }));
    assert.deepEqual(crop, [0, 0, 512, 512]);
    assert.deepEqual(given, expected);
    assert.equal(await page.evaluate(() => scene.count("change")), 1);
    assert.ok(await page.evaluate(() => scene.last("progress").of === 4));
  },

  async "a drag moves the photo under the hand, and the avatars follow to the byte"(page) {
    await zoomed(page);
    const changes = await page.evaluate(() => scene.count("change"));
    const window = await page.evaluate(() => scene.middle("window"));
    await page.drag("stage", 40, -20);
    await settled(page);
    const [x, y, width] = await crop(page);
    near(x, 128 - (40 * 256) / window.width);
    near(y, 128 + (20 * 256) / window.height);
    near(width, 256, 1e-6);
    const { given, expected, count } = await page.evaluate(async () => ({
      given: await Promise.all(scene.last("change").avatars.map(({ blob }) => scene.digest(blob))),
      expected: await scene.expected(scene.picker.photo, { sizes: [128, 64], crop: scene.picker.crop }),
      count: scene.count("change"),
    }));
    assert.deepEqual(given, expected);
    assert.equal(count, changes + 1);
    assert.ok(await page.evaluate(() => scene.count("input") > 2));
  },

  async "a drag ends at the photo's edge"(page) {
    await zoomed(page);
    await page.drag("stage", 200, 200);
    assert.deepEqual((await crop(page)).slice(0, 2), [0, 0]);
  },

  async "the wheel zooms about the pointer when the stage has the focus, else the page scrolls"(page) {
    await open(page);
    const { x, y } = await page.evaluate(() => scene.middle("stage"));
    await page.evaluate(() => document.activeElement.blur());
    await page.moveTo(x, y);
    await page.wheel(0, 100);
    await page.evaluate(async () => {
      while (!scrollY) await new Promise(requestAnimationFrame);
      scrollTo({ top: 0, behavior: "instant" });
    });
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
    await focusStage(page);
    await page.wheel(0, -300);
    await page.evaluate(async () => {
      while (scene.picker.crop[2] === 512) await new Promise(requestAnimationFrame);
    });
    await settled(page);
    const [left, top, width, height] = await crop(page);
    assert.ok(width < 400, `zoomed in: ${width}`);
    near(left * 2 + width, 512, 4);
    near(top * 2 + height, 512, 4);
  },

  async "arrows move the photo the way they point, with shift further; 0 and Home start over"(page) {
    await zoomed(page);
    await focusStage(page);
    await page.press("ArrowRight");
    near((await crop(page))[0], 128 - 0.02 * 256, 1e-6);
    await page.press("ArrowUp");
    near((await crop(page))[1], 128 + 0.02 * 256, 1e-6);
    await page.keyDown("Shift");
    await page.press("ArrowLeft");
    await page.keyUp("Shift");
    near((await crop(page))[0], 128 + 0.08 * 256, 1e-6);
    await page.press("0");
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
    await page.press("+");
    assert.ok((await crop(page))[2] < 512);
    await page.press("-");
    near((await crop(page))[2], 512, 1e-6);
    await page.press("+");
    await page.press("Home");
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "keys that come in a burst make one change and one step back"(page) {
    await zoomed(page);
    await focusStage(page);
    const changes = await page.evaluate(() => scene.count("change"));
    await page.evaluate(() => {
      const key = () => new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, composed: true });
      for (let press = 0; press < 5; press++) scene.part("stage").dispatchEvent(key()); // however slow the machine is
    });
    await settled(page);
    assert.equal(await page.evaluate(() => scene.count("change")), changes + 1);
    await page.click("undo");
    near((await crop(page))[0], 128, 1e-6);
  },

  async "whatever a drag does, a button does as well"(page) {
    await zoomed(page);
    const moves = { "move-left": [0, 1], "move-right": [0, -1], "move-up": [1, 1], "move-down": [1, -1] };
    for (const [part, [axis, sign]] of Object.entries(moves)) {
      const before = await crop(page);
      await page.click(part);
      assert.ok(((await crop(page))[axis] - before[axis]) * sign > 5, part);
    }
    const before = await crop(page);
    await page.click("zoom-in");
    assert.ok((await crop(page))[2] < before[2]);
    await page.click("zoom-out");
    near((await crop(page))[2], before[2], 1e-6);
    await page.click("recentre");
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "the slider zooms, and says how far"(page) {
    await open(page);
    await page.evaluate(() => scene.part("zoom").focus());
    await page.press("End");
    await settled(page);
    near((await crop(page))[2], 128, 1e-6); // as many pixels as the largest avatar
    assert.equal(await page.evaluate(() => scene.part("zoom").getAttribute("aria-valuetext")), "400 %");
  },

  async "undo and redo by key and by button, over crops and photos"(page) {
    await zoomed(page);
    await focusStage(page);
    await page.keyDown("Control");
    await page.press("z");
    await page.keyUp("Control");
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
    await page.click("redo");
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    await page.click("remove");
    assert.equal(await crop(page), null);
    assert.equal(await page.evaluate(() => scene.last("change")), null);
    await page.click("restore");
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    assert.equal(await page.evaluate(() => scene.part("stage").checkVisibility()), true);
    assert.equal(await settled(page), true);
    const redo = await page.evaluate(() => scene.part("redo").getAttribute("aria-disabled"));
    assert.equal(redo, "false");
  },

  async "a dropped photo is taken, its first picture if there are several files"(page) {
    await page.evaluate(async () => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["notes"], "notes.txt", { type: "text/plain" }));
      const photo = await scene.file("/photos/astronaut.jpg");
      transfer.items.add(new File([photo], "photo.jpg", { type: "image/jpeg" }));
      const drop = (type) => new DragEvent(type, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true });
      const over = drop("dragover");
      scene.part("dropzone").dispatchEvent(over);
      if (!over.defaultPrevented) throw new Error("a drop would not be allowed");
      scene.part("dropzone").dispatchEvent(drop("drop"));
      while (!scene.count("change")) await new Promise(requestAnimationFrame);
    });
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "a dropped text is the page's business"(page) {
    const taken = await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/plain", "hello");
      const events = ["dragover", "drop"].map((type) => new DragEvent(type, { dataTransfer, bubbles: true, composed: true, cancelable: true }));
      for (const event of events) scene.part("dropzone").dispatchEvent(event);
      return events.some((event) => event.defaultPrevented);
    });
    assert.equal(taken, false);
    assert.equal(await page.evaluate(() => scene.count("error")), 0);
  },

  async "a bar shows that a file is being read, the first one and any other"(page) {
    for (const round of ["first", "other"]) {
      const [meanwhile, after] = await page.evaluate(async () => {
        const reading = scene.picker.load(await scene.file("/photos/astronaut.jpg"));
        const shown = !scene.part("progress").hidden;
        await reading;
        await scene.picker.settled();
        return [shown, !scene.part("progress").hidden];
      });
      assert.deepEqual([meanwhile, after], [true, false], round);
    }
  },

  async "a pasted photo is taken wherever the focus is, except where text is written"(page) {
    const paste = (id) =>
      page.evaluate(async (from) => {
        const clipboardData = new DataTransfer();
        const photo = await scene.file("/photos/astronaut.jpg");
        clipboardData.items.add(new File([photo], "photo.jpg", { type: "image/jpeg" }));
        const event = new ClipboardEvent("paste", { bubbles: true, composed: true, cancelable: true });
        Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox would empty it
        (document.getElementById(from) ?? document.body).dispatchEvent(event);
        return event.defaultPrevented;
      }, id);
    assert.equal(await paste("nick"), false);
    assert.equal(await paste("nowhere"), true);
    await page.evaluate(async () => {
      while (!scene.count("change")) await new Promise(requestAnimationFrame);
    });
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "the form submits the avatars as files, and no photo where one is required is refused"(page) {
    const before = await page.evaluate(() => ({
      valid: scene.form.checkValidity(),
      missing: scene.picker.validity.valueMissing,
      message: scene.picker.validationMessage,
    }));
    assert.deepEqual(before, { valid: false, missing: true, message: "Choose a photo." });
    await open(page);
    const { valid, files, expected } = await page.evaluate(async () => ({
      valid: scene.form.checkValidity(),
      files: await scene.submitted(),
      expected: await scene.expected(scene.picker.photo, { sizes: [128, 64], crop: scene.picker.crop }),
    }));
    assert.equal(valid, true);
    assert.deepEqual(files, [
      { name: "avatar-128.jpg", type: "image/jpeg", digest: expected[0] },
      { name: "avatar-64.jpg", type: "image/jpeg", digest: expected[1] },
    ]);
  },

  async "a submission waits for the avatars of the crop that is shown"(page) {
    await zoomed(page);
    const { first, waited, expected, files } = await page.evaluate(async () => {
      let submissions = 0;
      const sent = new Promise((resolve) => {
        scene.form.addEventListener("submit", async (event) => {
          event.preventDefault();
          submissions += 1;
          resolve(await scene.submitted());
        });
      });
      scene.part("move-left").click(); // the burst has not ended
      scene.form.requestSubmit(document.getElementById("save"));
      const first = submissions;
      const files = await sent;
      const expected = await scene.expected(scene.picker.photo, { sizes: [128, 64], crop: scene.picker.crop });
      return { first, waited: submissions, expected, files: files.map(({ digest }) => digest) };
    });
    assert.deepEqual([first, waited], [0, 1]);
    assert.deepEqual(files, expected);
  },

  async "a reset takes everything back, for good"(page) {
    await zoomed(page);
    await page.evaluate(() => document.getElementById("reset").click());
    assert.equal(await crop(page), null);
    const after = await page.evaluate(() => {
      scene.picker.undo();
      return { photo: scene.picker.photo, missing: scene.picker.validity.valueMissing, shown: !scene.part("dropzone").hidden };
    });
    assert.deepEqual(after, { photo: null, missing: true, shown: true });
    assert.equal(await page.evaluate(() => scene.part("restore").checkVisibility()), false);
    assert.deepEqual(await page.evaluate(() => scene.submitted()), []);
  },

  async "a disabled picker takes no photo, no key and no drag, and submits nothing"(page) {
    await zoomed(page);
    await page.evaluate(() => (document.getElementById("fields").disabled = true));
    await focusStage(page);
    await page.press("ArrowRight");
    await page.drag("stage", 30, 30);
    await page.click("move-left");
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    assert.deepEqual(await page.evaluate(() => scene.submitted()), []);
    assert.equal(await page.evaluate(() => scene.picker.willValidate), false);
    await page.evaluate(() => (document.getElementById("fields").disabled = false));
    assert.equal((await page.evaluate(() => scene.submitted())).length, 2);
  },

  async "each refusal has a text of its own, and the photo that was there stays"(page) {
    await open(page);
    const shown = (input) =>
      page.evaluate(async (name) => {
        await scene.picker.load(await scene.file(`/cases/${name}`));
        const { code, text } = scene.last("error");
        return { code, same: scene.part("error").textContent === text, text };
      }, input);
    const malformed = await shown("empty");
    const unsupported = await shown("heic");
    assert.deepEqual([malformed.code, unsupported.code], ["malformed", "unsupported"]);
    assert.ok(malformed.same && unsupported.same && malformed.text !== unsupported.text);
    assert.equal(await page.evaluate(() => scene.picker.checkValidity()), true); // the photo before is fine
    assert.equal((await page.evaluate(() => scene.submitted())).length, 2);
    const limited = await page.evaluate(async () => {
      scene.picker.options = { limits: { pixels: 1000 } };
      scene.picker.strings = { errors: { limit_exceeded: "Zu groß." } };
      await scene.picker.load(await scene.file("/photos/astronaut.jpg"));
      return [scene.last("error").code, scene.part("error").textContent];
    });
    assert.deepEqual(limited, ["limit_exceeded", "Zu groß."]);
    assert.equal(await page.evaluate(() => scene.picker.checkValidity()), false); // nor is the photo within the limit
    assert.deepEqual(await page.evaluate(() => scene.submitted()), []);
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "options that make no sense are told the page's author, and nothing is submitted"(page) {
    await page.evaluate(() => (scene.picker.quality = "900"));
    await open(page);
    const { code, valid } = await page.evaluate(() => ({ code: scene.last("error").code, valid: scene.picker.checkValidity() }));
    assert.equal(code, "invalid_options");
    assert.equal(valid, false);
    assert.deepEqual(await page.evaluate(() => scene.submitted()), []);
  },

  async "a paste without a photo is answered"(page) {
    const code = await page.evaluate(() => {
      scene.part("choose").focus();
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "hello");
      scene.part("choose").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true, cancelable: true }));
      return scene.last("error")?.code;
    });
    assert.equal(code, "no_photo");
  },

  async "the preview is the file, pixel for pixel and at its size"(page) {
    await open(page);
    const previews = await page.evaluate(async () => {
      const all = () => [...scene.picker.shadowRoot.querySelectorAll('[part="preview-image"]')];
      while (all().length < 2) await new Promise(requestAnimationFrame);
      const same = async (canvas, { blob, width, height }) => {
        const own = new OffscreenCanvas(width, height).getContext("2d");
        own.drawImage(await createImageBitmap(blob), 0, 0);
        const [a, b] = [own, canvas.getContext("2d")].map((context) => context.getImageData(0, 0, width, height).data);
        return a.every((sample, index) => sample === b[index]);
      };
      const { avatars } = scene.picker.rendered;
      return Promise.all(
        all().map(async (canvas, index) => ({
          same: await same(canvas, avatars[index]),
          width: canvas.getBoundingClientRect().width,
          label: canvas.getAttribute("aria-label"),
        })),
      );
    });
    assert.deepEqual(previews, [
      { same: true, width: 128, label: "Preview, 128 by 128 pixels" },
      { same: true, width: 64, label: "Preview, 64 by 64 pixels" },
    ]);
  },

  async "other sizes and formats are rendered at once, with a crop of their proportions"(page) {
    await open(page);
    const { given, expected, crop } = await page.evaluate(async () => {
      scene.picker.sizes = "150x100";
      scene.picker.format = "png";
      await new Promise((resolve) => scene.picker.addEventListener("change", resolve, { once: true }));
      const { crop, photo, rendered } = scene.picker;
      return {
        crop,
        given: await scene.digest(rendered.avatars[0].blob),
        expected: await scene.expected(photo, { sizes: [[150, 100]], format: "png", crop }),
      };
    });
    near(crop[2] / crop[3], 1.5, 1e-9);
    assert.deepEqual([given], expected);
    assert.deepEqual((await page.evaluate(() => scene.submitted())).map(({ name }) => name), ["avatar-150x100.png"]);
  },

  async "of an animated GIF the first frame is taken, and that is said"(page) {
    assert.equal(await open(page, "/cases/gif-animated"), true);
    const { hint, red } = await page.evaluate(async () => {
      const bitmap = await createImageBitmap(scene.picker.rendered.avatars[0].blob);
      const context = new OffscreenCanvas(1, 1).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const [r, , b] = context.getImageData(0, 0, 1, 1).data;
      return { hint: scene.part("hint").textContent, red: r > b };
    });
    assert.match(hint, /first frame/);
    assert.ok(red);
  },

  async "a tiny photo is enlarged, and that is said"(page) {
    assert.equal(await open(page, "/cases/jpeg-420"), true); // 24 x 16
    const { hint, widths, crop } = await page.evaluate(() => ({
      hint: scene.part("hint").textContent,
      widths: scene.picker.rendered.avatars.map(({ width }) => width),
      crop: scene.picker.crop,
    }));
    assert.match(hint, /soft/);
    assert.deepEqual(widths, [128, 64]);
    assert.deepEqual(crop, [4, 0, 16, 16]);
  },

  async "a photo of extreme proportions is shown and cropped"(page) {
    const wide = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(8000, 20);
      canvas.getContext("2d").fillRect(0, 0, 8000, 20);
      await scene.picker.load(await canvas.convertToBlob());
      return [await scene.picker.settled(), scene.picker.crop];
    });
    assert.deepEqual(wide, [true, [3990, 0, 20, 20]]);
    await page.drag("stage", 30, 0);
    assert.ok((await crop(page))[0] < 3990);
  },

  async "the focus goes where the work goes on, and the changes are spoken"(page) {
    await page.evaluate(() => scene.part("choose").focus());
    await open(page);
    const focused = () => page.evaluate(() => scene.picker.shadowRoot.activeElement?.getAttribute("part"));
    const status = () => page.evaluate(() => scene.part("status").textContent);
    assert.equal(await focused(), "stage");
    await page.press("+");
    await settled(page);
    assert.match(await status(), /^Zoom 115 %/);
    await page.evaluate(() => scene.part("remove").focus());
    await page.press("Enter");
    assert.equal(await focused(), "choose");
    assert.equal(await status(), "Photo removed");
  },

  async "from right to left nothing overflows, and left stays left"(page) {
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await zoomed(page);
    await page.click("move-left");
    assert.ok((await crop(page))[0] > 128);
    const { wide, right } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth > innerWidth,
      right: scene.middle("stage").x > scene.middle("previews").x,
    }));
    assert.deepEqual({ wide, right }, { wide: false, right: true });
  },

  async "moved to another place in the page, the picker keeps its photo"(page) {
    await zoomed(page);
    await page.evaluate(() => document.querySelector("main").append(scene.picker));
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    assert.equal(await settled(page), true);
  },

  async "what the browser keeps of a form is restored: the photo and its crop"(page) {
    await page.evaluate(async () => {
      const state = new FormData();
      state.set("photo", await scene.file("/photos/astronaut.jpg"), "photo");
      state.set("crop", JSON.stringify({ x: 100, y: 50, width: 200, height: 200 }));
      scene.picker.formStateRestoreCallback(state, "restore");
      await scene.picker.settled();
    });
    assert.deepEqual(await crop(page), [100, 50, 200, 200]);
    assert.equal((await page.evaluate(() => scene.submitted())).length, 2);
  },

  async "every target is at least 24 pixels wide and high"(page) {
    const small = () =>
      page.evaluate(() =>
        [...scene.picker.shadowRoot.querySelectorAll("button, input:not([hidden]), [tabindex]")]
          .map((node) => ({ part: node.getAttribute("part"), box: node.getBoundingClientRect() }))
          .filter(({ box }) => box.width && (box.width < 24 || box.height < 24))
          .map(({ part }) => part),
      );
    assert.deepEqual(await small(), []);
    await open(page);
    assert.deepEqual(await small(), []);
  },

  async "the picture that the person has now is shown until another is chosen"(page) {
    const shown = await page.evaluate(async () => {
      scene.picker.src = "/photos/astronaut.jpg";
      await scene.part("current-image").decode();
      return [scene.part("current-image").naturalWidth > 0, scene.picker.photo];
    });
    assert.deepEqual(shown, [true, null]);
  },
};
