/** The parts of the playground that need no page: code, links, messages. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { render } from "roundel";

import { toCommand, toJavaScript, toJson, toPython, toRust } from "../public/playground/code.js";
import { forBrowser } from "../public/playground/for-browser.js";
import { parseSizes } from "../public/playground/form.js";
import { sentence } from "../public/playground/messages.js";
import { fromHash, toHash } from "../public/playground/share.js";

const PHOTO = fileURLToPath(new URL("../../../examples/photos/astronaut.jpg", import.meta.url));

const MANY = {
  sizes: [96, [120, 80]],
  formats: ["jpeg", "png"],
  quality: 60,
  progressive: true,
  subsampling: "4:2:2",
  crop: [40, 0, 300, 300.5],
  background: "FFD28F",
  frame: 0,
  upscale: false,
  limits: { pixels: 1000000, memory: 30000000 },
};

test("the JavaScript of the options gives the same bytes as the options", async () => {
  for (const options of [{}, MANY, { crop: "face", fit: "contain" }, { crop: [0.25, 0.5] }]) {
    const [, body] = toJavaScript(options).split('import { render } from "roundel";');
    const avatars = new Function("render", `${body.replace("export", "")}; return avatars;`)(render);
    const photo = await readFile(PHOTO);
    const expected = await render(photo, options);
    const bytes = (blobs) => Promise.all(blobs.map((blob) => blob.arrayBuffer()));
    assert.deepEqual(await bytes(await avatars(photo)), await bytes(expected.avatars.map(({ blob }) => blob)));
  }
});

test("the Rust of the options names each type that it uses, and the features", () => {
  assert.equal(
    toRust({ ...MANY, formats: ["webp"], crop: "face" }),
    `// Cargo features: webp-lossy, subject
use roundel::{Crop, Format, Frame, Limits, Options, Rendered, Rgb, Size, Subject, Subsampling, render};

fn avatars(photo: &[u8]) -> roundel::Result<Rendered> {
    let options = Options {
        sizes: vec![Size::square(96), Size::new(120, 80)],
        formats: vec![Format::Webp],
        quality: 60,
        progressive: true,
        subsampling: Some(Subsampling::Half),
        crop: Crop::Subject(Subject::Face),
        background: Some(Rgb([0xff, 0xd2, 0x8f])),
        frame: Frame::Number(0),
        upscale: false,
        limits: Limits { pixels: 1000000, memory: 30000000, ..Limits::default() },
        ..Options::default()
    };
    render(photo, &options)
}`,
  );
  assert.match(toRust({ crop: [40, 0, 300, 300.5] }), /Crop::Rect\(Rect \{ x: 40\.0, y: 0\.0, width: 300\.0, height: 300\.5 \}\)/);
  assert.match(toRust({}), /let options = Options::default\(\);/);
});

test("the Python of the options has Python's spelling", () => {
  const code = toPython(MANY);
  for (const line of ["sizes=[96, (120, 80)],", "progressive=True,", "upscale=False,", "crop=(40, 0, 300, 300.5),", 'limits={"pixels": 1000000, "memory": 30000000},']) {
    assert.ok(code.includes(`    ${line}\n`), line);
  }
  assert.match(toPython({}), /roundel\.render\("photo\.jpg"\)/);
});

test("the command has a flag for each option, and says which have none", () => {
  const command = toCommand(MANY);
  assert.match(command, /^# The command line has no flag for limits\.\n/);
  for (const flag of ["--sizes 96,120x80", "--formats jpeg,png", "--progressive", "--no-upscale", "--crop 40,0,300,300.5"]) {
    assert.ok(command.includes(flag), flag);
  }
  assert.equal(toCommand({ quality: 70 }), "roundel photo.jpg --sizes 256 --quality 70");
});

test("a link has the options and nothing else, and comes back as they were", () => {
  assert.equal(toHash({}), "");
  assert.deepEqual(fromHash(toHash(MANY)).options, MANY);
  assert.deepEqual(JSON.parse(toJson(MANY)), MANY);
});

test("a damaged link is a problem, and gives the defaults", () => {
  for (const hash of ["#options=%", "#options=[1]", "#options=null", "#options={"]) {
    const { options, problem } = fromHash(hash);
    assert.deepEqual(options, {}, hash);
    assert.match(problem, /damaged/);
  }
  assert.deepEqual(fromHash("#other"), { options: {} });
});

test("sizes are read as people write them", () => {
  assert.deepEqual(parseSizes("256, 96 48;300x200 10×20"), [256, 96, 48, [300, 200], [10, 20]]);
  assert.deepEqual(parseSizes(" "), []);
});

test("formats that browsers do not write are previewed as JPEG, with a note", async () => {
  const { options, notes } = forBrowser({ formats: ["avif", "webp", "png"], effort: "small" });
  assert.deepEqual(options, { formats: ["jpeg", "png"] });
  assert.equal(notes.length, 2);
  await render(await readFile(PHOTO), options);
  const lossless = { formats: ["webp"], lossless: true };
  assert.deepEqual(forBrowser(lossless), { options: lossless, notes: [] });
});

test("an error is told in sentences that say what to do", async () => {
  const photo = await readFile(PHOTO);
  const calls = {
    malformed: render(photo.subarray(0, 30)),
    unsupported: render(Buffer.from("%PDF-1.7 no photo")),
    limit_exceeded: render(photo, { limits: { pixels: 1000 } }),
    invalid_options: render(photo, { lossless: true }),
  };
  for (const [code, call] of Object.entries(calls)) {
    const error = await call.then(() => assert.fail(code), (thrown) => thrown);
    assert.equal(error.code, code);
    assert.match(sentence(error), /^[A-Z][^`]*\. [A-Z][^.]*\.$/);
  }
});

test("the program for Node writes the avatars", async () => {
  const folder = await mkdtemp(join(tmpdir(), "roundel-node-"));
  try {
    await copyFile(PHOTO, join(folder, "photo.jpg"));
    await promisify(execFile)(process.execPath, [fileURLToPath(new URL("../examples/node.js", import.meta.url))], { cwd: folder });
    assert.deepEqual((await readdir(folder)).sort(), ["avatar-256.jpg", "avatar-64.jpg", "photo.jpg"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
