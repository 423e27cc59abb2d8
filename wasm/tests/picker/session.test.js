import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Session } from "../../js/picker/session.js";
import { random, seeds } from "./random.js";

const PHONE = { format: "jpeg", width: 4032, height: 3024 };

/** A renderer whose renders end on command. It records its calls. */
class FakeRenderer {
  calls = [];
  source = PHONE;

  probe = async () => this.source;

  render = (file, options, { signal, onProgress }) =>
    new Promise((resolve, reject) => {
      const call = { file, options, aborted: false, onProgress };
      call.end = () => resolve({ avatars: [{ blob: new Blob() }], crop: options.crop });
      call.fail = reject;
      signal.addEventListener("abort", () => {
        call.aborted = true;
        reject(signal.reason);
      });
      this.calls.push(call);
    });

  /** Waits for call number `count` and returns it. */
  async call(count) {
    for (let turn = 0; this.calls.length < count && turn < 1000; turn++) await setImmediate();
    assert.ok(this.calls.length >= count, `there are only ${this.calls.length} renders`);
    return this.calls[count - 1];
  }
}

function createSession() {
  const renderer = new FakeRenderer();
  const emitted = [];
  const session = new Session(renderer, (event, detail) => emitted.push([event, detail]));
  const events = (name) => emitted.filter(([event]) => event === name).map(([, detail]) => detail);
  return { renderer, session, events };
}

/** A session with a photo whose avatars are rendered, after two calls. */
async function sessionWithPhoto() {
  const created = createSession();
  created.session.load(new Blob(["photo"]));
  (await created.renderer.call(1)).end(); // the overview
  (await created.renderer.call(2)).end(); // the avatars
  assert.equal(await created.session.settled(), true);
  return created;
}

test("a photo gets an overview of the whole and avatars of the largest crop", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  assert.deepEqual(renderer.calls[0].options.sizes, [[1280, 960]]);
  assert.deepEqual(renderer.calls[0].options.crop, [0, 0, 4032, 3024]);
  assert.deepEqual(renderer.calls[1].options, { sizes: [256], crop: [504, 0, 3024, 3024] });
  assert.equal(events("rendered").length, 1);
  assert.deepEqual(events("busy"), [true, false]);
  assert.equal(session.canUndo, true); // back to no photo
});

test("while the photo moves, one render follows another, and older crops are skipped", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  session.zoomTo(2);
  session.move(0.1, 0);
  session.move(0.1, 0);
  const first = await renderer.call(3);
  session.move(0.1, 0);
  session.move(0.1, 0);
  assert.equal(first.aborted, false); // it gives a preview during the move
  first.end();
  const second = await renderer.call(4);
  assert.deepEqual(second.options.crop, Object.values(session.crop));
  assert.equal(events("rendered").length, 1); // nothing is committed yet
  assert.equal(session.busy, true);
  session.commit();
  second.end();
  assert.equal(await session.settled(), true);
  assert.equal(events("rendered").length, 2);
  assert.equal(renderer.calls.length, 4); // the last one was of the committed crop
});

test("a commit aborts the render of an older crop", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  session.zoomTo(2);
  const stale = await renderer.call(3);
  session.move(0.3, 0);
  session.commit();
  assert.equal(stale.aborted, true);
  const final = await renderer.call(4);
  final.end();
  assert.equal(await session.settled(), true);
  assert.deepEqual(events("rendered").at(-1).crop, Object.values(session.crop));
});

test("a new file aborts all work of the old one", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  session.zoomTo(2);
  const stale = await renderer.call(3);
  const other = new Blob(["other"]);
  session.load(other);
  assert.equal(stale.aborted, true);
  const overview = await renderer.call(4);
  const third = new Blob(["third"]);
  session.load(third);
  assert.equal(overview.aborted, true);
  (await renderer.call(5)).end();
  (await renderer.call(6)).end();
  await session.settled();
  assert.equal(session.photo.file, third);
  assert.equal(events("failed").length, 0); // an aborted render is not a failure
});

test("a refused file leaves the photo before it and its avatars", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  const before = session.photo;
  renderer.probe = async () => Promise.reject(Object.assign(new Error("no"), { code: "malformed" }));
  await session.load(new Blob(["noise"]));
  assert.equal(events("failed")[0].code, "malformed");
  assert.equal(session.photo, before);
  assert.notEqual(session.rendered, null);
  assert.equal(session.busy, false);
});

test("a failed render emits an event and resolves settled() to false", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  session.zoomTo(2);
  session.commit();
  const waiting = session.settled();
  (await renderer.call(3)).fail(Object.assign(new Error("no"), { code: "internal" }));
  assert.equal(await waiting, false);
  assert.equal(session.rendered, null);
  assert.equal(events("failed")[0].code, "internal");
  session.recenter(); // the next crop is rendered again
  (await renderer.call(4)).end();
  assert.equal(await session.settled(), true);
});

test("undo and redo go through crops and photos and render each", async () => {
  const { renderer, session } = await sessionWithPhoto();
  const whole = session.crop;
  session.zoomTo(2);
  session.commit();
  (await renderer.call(3)).end();
  await session.settled();
  const zoomed = session.crop;
  session.undo();
  assert.equal(session.crop, whole);
  (await renderer.call(4)).end();
  await session.settled();
  session.undo();
  assert.equal(session.photo, null);
  session.redo();
  session.redo();
  assert.equal(session.crop, zoomed);
  assert.equal(session.canRedo, false);
  assert.deepEqual((await renderer.call(5)).options.crop, Object.values(zoomed));
});

test("undo followed by redo restores the state and aborts the render in between", async () => {
  const { renderer, session } = await sessionWithPhoto();
  session.zoomTo(2);
  session.commit();
  (await renderer.call(3)).end();
  await session.settled();
  const { crop, rendered } = session;
  session.undo();
  const between = await renderer.call(4);
  session.redo();
  assert.equal(between.aborted, true);
  between.end();
  await setImmediate();
  assert.equal(session.crop, crop);
  assert.equal(session.rendered, rendered);
  assert.equal(session.busy, false);
});

test("undo, redo and undo render only the last state", async () => {
  const { renderer, session } = await sessionWithPhoto();
  session.zoomTo(2);
  session.commit();
  const zoomed = await renderer.call(3);
  session.undo(); // the first crop has been rendered before
  assert.equal(zoomed.aborted, true);
  session.redo();
  const again = await renderer.call(4);
  again.end();
  assert.equal(await session.settled(), true);
  assert.deepEqual(session.rendered.crop, Object.values(session.crop));
});

test("undo during uncommitted moves undoes all of them", async () => {
  const { session } = await sessionWithPhoto();
  const before = session.crop;
  session.zoomTo(2);
  session.move(0.1, 0.1);
  session.commitSoon();
  session.undo();
  assert.equal(session.crop, before);
  session.redo();
  assert.notEqual(session.crop, before);
});

test("a removed photo can be restored; a reset cannot be undone", async () => {
  const { session } = await sessionWithPhoto();
  const { photo } = session;
  session.clear();
  assert.equal(session.photo, null);
  session.undo();
  assert.equal(session.photo, photo);
  session.reset();
  assert.deepEqual([session.photo, session.canUndo, session.canRedo], [null, false, false]);
});

test("new sizes change every crop in the undo list and render again", async () => {
  const { renderer, session } = await sessionWithPhoto();
  session.zoomTo(2);
  session.commit();
  (await renderer.call(3)).end();
  await session.settled();
  session.configure({ sizes: [[300, 200]], quality: 60 });
  const call = await renderer.call(4);
  assert.equal(call.options.quality, 60);
  assert.equal(session.crop.width / session.crop.height, 1.5);
  call.end();
  await session.settled();
  session.undo();
  assert.equal(session.crop.width / session.crop.height, 1.5);
});

test("a commit without a move renders nothing and emits nothing", async () => {
  const { renderer, session, events } = await sessionWithPhoto();
  session.commit();
  session.move(0, -1); // there is no room to move
  session.commit();
  assert.equal(renderer.calls.length, 2);
  assert.equal(events("rendered").length, 1);
});

test("a photo with fewer pixels than the avatar is enlarged", async () => {
  const { session } = await sessionWithPhoto();
  assert.equal(session.enlarged, false);
  session.configure({ sizes: [4000] });
  assert.equal(session.enlarged, true);
});

test("after any sequence of actions, the result is that of the current crop", async () => {
  for (const seed of seeds(300)) {
    const next = random(seed);
    const { renderer, session, events } = await sessionWithPhoto();
    const actions = [
      () => session.move(next() - 0.5, next() - 0.5),
      () => session.zoomBy(0.5 + next()),
      () => session.commit(),
      () => session.commitSoon(),
      () => session.undo(),
      () => session.redo(),
      () => session.restore(),
      () => session.recenter(),
      () => session.clear(),
      () => void session.load(new Blob(["other"])),
      () => session.configure({ sizes: [[100 + Math.round(100 * next()), 100]] }),
      () => renderer.calls.at(-1).end(),
      () => renderer.calls.at(-2).end(),
      () => setImmediate(),
    ];
    for (let step = 0; step < 25; step++) await actions[Math.floor(next() * actions.length)]();
    let settled;
    session.settled().then((succeeded) => (settled = succeeded));
    for (let turn = 0; turn < 50 && settled === undefined; turn++) {
      for (const call of renderer.calls) call.end();
      await setImmediate();
    }
    assert.equal(settled, true, `seed ${seed}: never settled`);
    assert.deepEqual(session.rendered?.crop, session.crop ? Object.values(session.crop) : undefined, `seed ${seed}`);
    if (session.crop) assert.equal(events("rendered").at(-1), session.rendered, `seed ${seed}: a different event`);
    assert.equal(session.busy, false, `seed ${seed}`);
  }
});
