/** Scenarios that run in every browser: a map from the title to `run(page)`. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const PHOTO = fileURLToPath(new URL("../../../examples/photos/astronaut.jpg", import.meta.url));
const ASTRONAUT = "/photos/astronaut.jpg";

const load = (page, path = ASTRONAUT) => page.evaluate((it) => harness.load(it), path);
const settled = (page) => page.evaluate(() => harness.picker.settled());
const crop = (page) => page.evaluate(() => harness.picker.crop);
const focusCropper = (page) => page.evaluate(() => harness.part("cropper").focus());
const near = (a, b, within = 1) => assert.ok(Math.abs(a - b) <= within, `${a} is not within ${within} of ${b}`);

/** Loads a photo and zooms to its center by 2. */
async function loadZoomed(page) {
  await load(page);
  await page.evaluate(() => (harness.picker.crop = [128, 128, 256, 256]));
  await settled(page);
}

export const scenarios = {
  async "a chosen photo gives the avatars that core renders for the crop"(page) {
    await page.choose("file", PHOTO);
    await page.evaluate(async () => {
      while (!harness.count("change")) await new Promise(requestAnimationFrame);
    });
    const { actual, expected, crop } = await page.evaluate(async () => ({
      actual: await Promise.all(harness.last("change").avatars.map(({ blob }) => harness.digest(blob))),
      expected: await harness.expectedDigests(harness.picker.photo, { sizes: [128, 64], crop: [0, 0, 512, 512] }),
      crop: harness.picker.crop,
    }));
    assert.deepEqual(crop, [0, 0, 512, 512]);
    assert.deepEqual(actual, expected);
    assert.equal(await page.evaluate(() => harness.count("change")), 1);
    assert.ok(await page.evaluate(() => harness.last("progress").total === 4));
  },

  async "a drag moves the photo with the pointer, and the avatars have the bytes of that crop"(page) {
    await loadZoomed(page);
    const changes = await page.evaluate(() => harness.count("change"));
    const window = await page.evaluate(() => harness.center("crop-area"));
    await page.drag("cropper", 40, -20);
    await settled(page);
    const [x, y, width] = await crop(page);
    near(x, 128 - (40 * 256) / window.width);
    near(y, 128 + (20 * 256) / window.height);
    near(width, 256, 1e-6);
    const { actual, expected, count } = await page.evaluate(async () => ({
      actual: await Promise.all(harness.last("change").avatars.map(({ blob }) => harness.digest(blob))),
      expected: await harness.expectedDigests(harness.picker.photo, { sizes: [128, 64], crop: harness.picker.crop }),
      count: harness.count("change"),
    }));
    assert.deepEqual(actual, expected);
    assert.equal(count, changes + 1);
    assert.ok(await page.evaluate(() => harness.count("input") > 2));
    const [shown, rendered] = await page.evaluate(() => [harness.picker.crop, harness.last("change").avatars[0].crop]);
    shown.forEach((edge, index) => near(edge, rendered[index], 1e-6));
  },

  async "a drag stops at the photo's edge"(page) {
    await loadZoomed(page);
    await page.drag("cropper", 200, 200);
    assert.deepEqual((await crop(page)).slice(0, 2), [0, 0]);
  },

  async "the wheel zooms at the pointer if the cropper has the focus, otherwise it scrolls the page"(page) {
    await load(page);
    const { x, y } = await page.evaluate(() => harness.center("cropper"));
    await page.evaluate(() => document.activeElement.blur());
    await page.moveTo(x, y);
    await page.wheel(0, 100);
    await page.evaluate(async () => {
      while (!scrollY) await new Promise(requestAnimationFrame);
      scrollTo({ top: 0, behavior: "instant" });
    });
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
    await focusCropper(page);
    await page.wheel(0, -300);
    await page.evaluate(async () => {
      while (harness.picker.crop[2] === 512) await new Promise(requestAnimationFrame);
    });
    await settled(page);
    const [left, top, width, height] = await crop(page);
    assert.ok(width < 400, `zoomed in: ${width}`);
    near(left * 2 + width, 512, 4);
    near(top * 2 + height, 512, 4);
  },

  async "arrow keys move the photo, with shift in larger steps; 0 and Home start over"(page) {
    await loadZoomed(page);
    await focusCropper(page);
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

  async "a series of keys makes one change event and one undo step"(page) {
    await loadZoomed(page);
    await focusCropper(page);
    const changes = await page.evaluate(() => harness.count("change"));
    await page.evaluate(() => {
      const key = () => new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, composed: true });
      for (let count = 0; count < 5; count++) harness.part("cropper").dispatchEvent(key()); // without a pause, on any machine
    });
    await settled(page);
    assert.equal(await page.evaluate(() => harness.count("change")), changes + 1);
    await page.click("undo");
    near((await crop(page))[0], 128, 1e-6);
  },

  async "buttons can do everything that a drag can"(page) {
    await loadZoomed(page);
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
    await page.click("recenter");
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "the slider zooms and has the zoom as its text"(page) {
    await load(page);
    await page.evaluate(() => harness.part("zoom").focus());
    await page.press("End");
    await settled(page);
    near((await crop(page))[2], 128, 1e-6); // one photo pixel for each pixel of the largest avatar
    assert.equal(await page.evaluate(() => harness.part("zoom").getAttribute("aria-valuetext")), "400 %");
  },

  async "undo and redo work by key and button, for crops and photos"(page) {
    await loadZoomed(page);
    await focusCropper(page);
    await page.keyDown("Control");
    await page.press("z");
    await page.keyUp("Control");
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
    await page.click("redo");
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    await page.click("remove");
    assert.equal(await crop(page), null);
    assert.equal(await page.evaluate(() => harness.last("change")), null);
    await page.click("restore");
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    assert.equal(await page.evaluate(() => harness.part("cropper").checkVisibility()), true);
    assert.equal(await settled(page), true);
    const redo = await page.evaluate(() => harness.part("redo").getAttribute("aria-disabled"));
    assert.equal(redo, "false");
  },

  async "of several dropped files the first picture is loaded"(page) {
    await page.evaluate(async () => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["notes"], "notes.txt", { type: "text/plain" }));
      const photo = await harness.fetchFile("/photos/astronaut.jpg");
      transfer.items.add(new File([photo], "photo.jpg", { type: "image/jpeg" }));
      const drop = (type) => new DragEvent(type, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true });
      const over = drop("dragover");
      harness.part("dropzone").dispatchEvent(over);
      if (!over.defaultPrevented) throw new Error("the drop is not allowed");
      harness.part("dropzone").dispatchEvent(drop("drop"));
      while (!harness.count("change")) await new Promise(requestAnimationFrame);
    });
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "a dropped text is left to the page"(page) {
    const wasHandled = await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/plain", "hello");
      const events = ["dragover", "drop"].map((type) => new DragEvent(type, { dataTransfer, bubbles: true, composed: true, cancelable: true }));
      for (const event of events) harness.part("dropzone").dispatchEvent(event);
      return events.some((event) => event.defaultPrevented);
    });
    assert.equal(wasHandled, false);
    assert.equal(await page.evaluate(() => harness.count("error")), 0);
  },

  async "a progress bar is shown while the first file and later ones are read"(page) {
    for (const round of ["first", "other"]) {
      const [during, after] = await page.evaluate(async () => {
        const reading = harness.picker.load(await harness.fetchFile("/photos/astronaut.jpg"));
        const shown = !harness.part("progress").hidden;
        await reading;
        await harness.picker.settled();
        return [shown, !harness.part("progress").hidden];
      });
      assert.deepEqual([during, after], [true, false], round);
    }
  },

  async "a pasted photo is loaded wherever the focus is, except in a text field"(page) {
    const paste = (id) =>
      page.evaluate(async (from) => {
        const clipboardData = new DataTransfer();
        const photo = await harness.fetchFile("/photos/astronaut.jpg");
        clipboardData.items.add(new File([photo], "photo.jpg", { type: "image/jpeg" }));
        const event = new ClipboardEvent("paste", { bubbles: true, composed: true, cancelable: true });
        Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox gives constructed events an empty one
        (document.getElementById(from) ?? document.body).dispatchEvent(event);
        return event.defaultPrevented;
      }, id);
    assert.equal(await paste("nick"), false);
    assert.equal(await paste("nowhere"), true);
    await page.evaluate(async () => {
      while (!harness.count("change")) await new Promise(requestAnimationFrame);
    });
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "the form submits the avatars as files, and a required photo must not be missing"(page) {
    const before = await page.evaluate(() => ({
      valid: harness.form.checkValidity(),
      missing: harness.picker.validity.valueMissing,
      message: harness.picker.validationMessage,
    }));
    assert.deepEqual(before, { valid: false, missing: true, message: "Choose a photo." });
    await load(page);
    const { valid, files, expected } = await page.evaluate(async () => ({
      valid: harness.form.checkValidity(),
      files: await harness.submittedFiles(),
      expected: await harness.expectedDigests(harness.picker.photo, { sizes: [128, 64], crop: harness.picker.crop }),
    }));
    assert.equal(valid, true);
    assert.deepEqual(files, [
      { name: "avatar-128.jpg", type: "image/jpeg", digest: expected[0] },
      { name: "avatar-64.jpg", type: "image/jpeg", digest: expected[1] },
    ]);
  },

  async "a submission waits for the avatars of the current crop"(page) {
    await loadZoomed(page);
    const { first, waited, expected, files } = await page.evaluate(async () => {
      let submissions = 0;
      const sent = new Promise((resolve) => {
        harness.form.addEventListener("submit", async (event) => {
          event.preventDefault();
          submissions += 1;
          resolve(await harness.submittedFiles());
        });
      });
      harness.part("move-left").click(); // not committed yet
      harness.form.requestSubmit(document.getElementById("save"));
      const first = submissions;
      const files = await sent;
      const expected = await harness.expectedDigests(harness.picker.photo, { sizes: [128, 64], crop: harness.picker.crop });
      return { first, waited: submissions, expected, files: files.map(({ digest }) => digest) };
    });
    assert.deepEqual([first, waited], [0, 1]);
    assert.deepEqual(files, expected);
  },

  async "a reset removes the photo and the undo list"(page) {
    await loadZoomed(page);
    await page.evaluate(() => document.getElementById("reset").click());
    assert.equal(await crop(page), null);
    const after = await page.evaluate(() => {
      harness.picker.undo();
      return { photo: harness.picker.photo, missing: harness.picker.validity.valueMissing, shown: !harness.part("dropzone").hidden };
    });
    assert.deepEqual(after, { photo: null, missing: true, shown: true });
    assert.equal(await page.evaluate(() => harness.part("restore").checkVisibility()), false);
    assert.deepEqual(await page.evaluate(() => harness.submittedFiles()), []);
  },

  async "a disabled picker ignores keys, buttons and drags and submits nothing"(page) {
    await loadZoomed(page);
    await page.evaluate(() => (document.getElementById("fields").disabled = true));
    await focusCropper(page);
    await page.press("ArrowRight");
    await page.drag("cropper", 30, 30);
    await page.click("move-left");
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    assert.deepEqual(await page.evaluate(() => harness.submittedFiles()), []);
    assert.equal(await page.evaluate(() => harness.picker.willValidate), false);
    await page.evaluate(() => (document.getElementById("fields").disabled = false));
    assert.equal((await page.evaluate(() => harness.submittedFiles())).length, 2);
  },

  async "each error has its own message, and the photo before it stays"(page) {
    await load(page);
    const shown = (input) =>
      page.evaluate(async (name) => {
        await harness.picker.load(await harness.fetchFile(`/cases/${name}`));
        const { code, message } = harness.last("error");
        return { code, isShown: harness.part("error").textContent === message, message };
      }, input);
    const malformed = await shown("empty");
    const unsupported = await shown("heic");
    assert.deepEqual([malformed.code, unsupported.code], ["malformed", "unsupported"]);
    assert.ok(malformed.isShown && unsupported.isShown && malformed.message !== unsupported.message);
    assert.equal(await page.evaluate(() => harness.picker.checkValidity()), true); // the photo before it is valid
    assert.equal((await page.evaluate(() => harness.submittedFiles())).length, 2);
    const limited = await page.evaluate(async () => {
      harness.picker.options = { limits: { pixels: 1000 } };
      harness.picker.strings = { errors: { limit_exceeded: "Zu groß." } };
      await harness.picker.load(await harness.fetchFile("/photos/astronaut.jpg"));
      return [harness.last("error").code, harness.part("error").textContent];
    });
    assert.deepEqual(limited, ["limit_exceeded", "Zu groß."]);
    assert.equal(await page.evaluate(() => harness.picker.checkValidity()), false); // the photo before it exceeds the limit too
    assert.deepEqual(await page.evaluate(() => harness.submittedFiles()), []);
    assert.deepEqual(await crop(page), [0, 0, 512, 512]);
  },

  async "invalid options give an error event, and nothing is submitted"(page) {
    await page.evaluate(() => (harness.picker.quality = "900"));
    await load(page);
    const { code, valid } = await page.evaluate(() => ({ code: harness.last("error").code, valid: harness.picker.checkValidity() }));
    assert.equal(code, "invalid_options");
    assert.equal(valid, false);
    assert.deepEqual(await page.evaluate(() => harness.submittedFiles()), []);
  },

  async "a paste without a photo gives an error"(page) {
    const code = await page.evaluate(() => {
      harness.part("choose").focus();
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "hello");
      harness.part("choose").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true, cancelable: true }));
      return harness.last("error")?.code;
    });
    assert.equal(code, "no_photo");
  },

  async "the preview shows the file's pixels at their size"(page) {
    await load(page);
    const previews = await page.evaluate(async () => {
      const all = () => [...harness.picker.shadowRoot.querySelectorAll('[part="preview-image"]')];
      while (all().length < 2) await new Promise(requestAnimationFrame);
      const same = async (canvas, { blob, width, height }) => {
        const own = new OffscreenCanvas(width, height).getContext("2d");
        own.drawImage(await createImageBitmap(blob), 0, 0);
        const [a, b] = [own, canvas.getContext("2d")].map((context) => context.getImageData(0, 0, width, height).data);
        return a.every((sample, index) => sample === b[index]);
      };
      const { avatars } = harness.picker.rendered;
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

  async "new sizes and formats are rendered immediately, with a crop of their aspect ratio"(page) {
    await load(page);
    const { actual, expected, crop } = await page.evaluate(async () => {
      harness.picker.sizes = "150x100";
      harness.picker.formats = "png jpeg";
      await new Promise((resolve) => harness.picker.addEventListener("change", resolve, { once: true }));
      const { crop, photo, rendered } = harness.picker;
      return {
        crop,
        actual: await Promise.all(rendered.avatars.map(({ blob }) => harness.digest(blob))),
        expected: await harness.expectedDigests(photo, { sizes: [[150, 100]], formats: ["png", "jpeg"], crop }),
      };
    });
    near(crop[2] / crop[3], 1.5, 1e-9);
    assert.deepEqual(actual, expected);
    const submitted = await page.evaluate(() => harness.submittedFiles());
    assert.deepEqual(submitted.map(({ name }) => name), ["avatar-150x100.png", "avatar-150x100.jpg"]);
  },

  async "an animated GIF gives its first frame and a hint"(page) {
    assert.equal(await load(page, "/cases/gif-animated"), true);
    const { hint, red } = await page.evaluate(async () => {
      const bitmap = await createImageBitmap(harness.picker.rendered.avatars[0].blob);
      const context = new OffscreenCanvas(1, 1).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const [r, , b] = context.getImageData(0, 0, 1, 1).data;
      return { hint: harness.part("hint").textContent, red: r > b };
    });
    assert.match(hint, /first frame/);
    assert.ok(red);
  },

  async "a tiny photo is enlarged and gives a hint"(page) {
    assert.equal(await load(page, "/cases/jpeg-420"), true); // 24 x 16
    const { hint, widths, crop } = await page.evaluate(() => ({
      hint: harness.part("hint").textContent,
      widths: harness.picker.rendered.avatars.map(({ width }) => width),
      crop: harness.picker.crop,
    }));
    assert.match(hint, /soft/);
    assert.deepEqual(widths, [128, 64]);
    assert.deepEqual(crop, [4, 0, 16, 16]);
  },

  async "a photo with an extreme aspect ratio is shown and cropped"(page) {
    const wide = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(8000, 20);
      canvas.getContext("2d").fillRect(0, 0, 8000, 20);
      await harness.picker.load(await canvas.convertToBlob());
      return [await harness.picker.settled(), harness.picker.crop];
    });
    assert.deepEqual(wide, [true, [3990, 0, 20, 20]]);
    await page.drag("cropper", 30, 0);
    assert.ok((await crop(page))[0] < 3990);
  },

  async "the focus moves to the next control, and changes are announced"(page) {
    await page.evaluate(() => harness.part("choose").focus());
    await load(page);
    const focused = () => page.evaluate(() => harness.picker.shadowRoot.activeElement?.getAttribute("part"));
    const status = () => page.evaluate(() => harness.part("status").textContent);
    assert.equal(await focused(), "cropper");
    await page.press("+");
    await settled(page);
    assert.match(await status(), /^Zoom 115 %/);
    await page.evaluate(() => harness.part("remove").focus());
    await page.press("Enter");
    assert.equal(await focused(), "choose");
    assert.equal(await status(), "Photo removed");
  },

  async "in right-to-left pages nothing overflows, and left stays left"(page) {
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await loadZoomed(page);
    await page.click("move-left");
    assert.ok((await crop(page))[0] > 128);
    const { wide, right } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth > innerWidth,
      right: harness.center("cropper").x > harness.center("previews").x,
    }));
    assert.deepEqual({ wide, right }, { wide: false, right: true });
  },

  async "a picker that is moved within the page keeps its photo"(page) {
    await loadZoomed(page);
    await page.evaluate(() => document.querySelector("main").append(harness.picker));
    assert.deepEqual(await crop(page), [128, 128, 256, 256]);
    assert.equal(await settled(page), true);
  },

  async "the browser can restore the photo and its crop"(page) {
    await page.evaluate(async () => {
      const state = new FormData();
      state.set("photo", await harness.fetchFile("/photos/astronaut.jpg"), "photo");
      state.set("crop", JSON.stringify({ x: 100, y: 50, width: 200, height: 200 }));
      harness.picker.formStateRestoreCallback(state, "restore");
      await harness.picker.settled();
    });
    assert.deepEqual(await crop(page), [100, 50, 200, 200]);
    assert.equal((await page.evaluate(() => harness.submittedFiles())).length, 2);
  },

  async "every control is at least 24 pixels wide and high"(page) {
    const small = () =>
      page.evaluate(() =>
        [...harness.picker.shadowRoot.querySelectorAll("button, input:not([hidden]), [tabindex]")]
          .map((node) => ({ part: node.getAttribute("part"), box: node.getBoundingClientRect() }))
          .filter(({ box }) => box.width && (box.width < 24 || box.height < 24))
          .map(({ part }) => part),
      );
    assert.deepEqual(await small(), []);
    await load(page);
    assert.deepEqual(await small(), []);
  },

  async "the user's current picture is shown before a photo is chosen"(page) {
    const shown = await page.evaluate(async () => {
      harness.picker.src = "/photos/astronaut.jpg";
      await harness.part("current-image").decode();
      return [harness.part("current-image").naturalWidth > 0, harness.picker.photo];
    });
    assert.deepEqual(shown, [true, null]);
  },
};
