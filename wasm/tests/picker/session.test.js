import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Session } from "../../js/picker/session.js";
import { random, seeds } from "./random.js";

const PHONE = { format: "jpeg", width: 4032, height: 3024 };

/** An engine whose renders end when they are told to; it keeps what it was asked for. */
class Engine {
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

  /** The newest call, once there are `count` of them. */
  async call(count) {
    for (let turn = 0; this.calls.length < count && turn < 1000; turn++) await setImmediate();
    assert.ok(this.calls.length >= count, `only ${this.calls.length} renders were asked for`);
    return this.calls[count - 1];
  }
}

function start() {
  const engine = new Engine();
  const told = [];
  const session = new Session(engine, (event, detail) => told.push([event, detail]));
  const events = (name) => told.filter(([event]) => event === name).map(([, detail]) => detail);
  return { engine, session, events };
}

/** A session with a photo whose avatars are rendered: two calls are over. */
async function opened() {
  const scene = start();
  scene.session.open(new Blob(["photo"]));
  (await scene.engine.call(1)).end(); // the view
  (await scene.engine.call(2)).end(); // the avatars
  assert.equal(await scene.session.settled(), true);
  return scene;
}

test("a photo is shown in full, and its avatars are of the largest crop", async () => {
  const { engine, session, events } = await opened();
  assert.deepEqual(engine.calls[0].options.sizes, [[1280, 960]]);
  assert.deepEqual(engine.calls[0].options.crop, [0, 0, 4032, 3024]);
  assert.deepEqual(engine.calls[1].options, { sizes: [256], crop: [504, 0, 3024, 3024] });
  assert.equal(events("rendered").length, 1);
  assert.deepEqual(events("busy"), [true, false]);
  assert.equal(session.canUndo, true); // back to no photo
});

test("while the photo moves, one render follows another; what is passed over is left out", async () => {
  const { engine, session, events } = await opened();
  session.zoomTo(2);
  session.move(0.1, 0);
  session.move(0.1, 0);
  const first = await engine.call(3);
  session.move(0.1, 0);
  session.move(0.1, 0);
  assert.equal(first.aborted, false); // a glimpse of the way is better than none
  first.end();
  const second = await engine.call(4);
  assert.deepEqual(second.options.crop, Object.values(session.crop));
  assert.equal(events("rendered").length, 1); // nothing is settled yet
  assert.equal(session.busy, true);
  session.settle();
  second.end();
  assert.equal(await session.settled(), true);
  assert.equal(events("rendered").length, 2);
  assert.equal(engine.calls.length, 4); // the last one was the right one already
});

test("letting go aborts the render of a crop that is passed over", async () => {
  const { engine, session, events } = await opened();
  session.zoomTo(2);
  const stale = await engine.call(3);
  session.move(0.3, 0);
  session.settle();
  assert.equal(stale.aborted, true);
  const final = await engine.call(4);
  final.end();
  assert.equal(await session.settled(), true);
  assert.deepEqual(events("rendered").at(-1).crop, Object.values(session.crop));
});

test("a new file aborts everything of the old one", async () => {
  const { engine, session, events } = await opened();
  session.zoomTo(2);
  const stale = await engine.call(3);
  const other = new Blob(["other"]);
  session.open(other);
  assert.equal(stale.aborted, true);
  const view = await engine.call(4);
  const third = new Blob(["third"]);
  session.open(third);
  assert.equal(view.aborted, true);
  (await engine.call(5)).end();
  (await engine.call(6)).end();
  await session.settled();
  assert.equal(session.photo.file, third);
  assert.equal(events("refused").length, 0); // being aborted is no refusal
});

test("a refused file leaves the photo that was there, and its avatars", async () => {
  const { engine, session, events } = await opened();
  const before = session.photo;
  engine.probe = async () => Promise.reject(Object.assign(new Error("no"), { code: "malformed" }));
  await session.open(new Blob(["noise"]));
  assert.equal(events("refused")[0].code, "malformed");
  assert.equal(session.photo, before);
  assert.notEqual(session.rendered, null);
  assert.equal(session.busy, false);
});

test("a crop that cannot be rendered is told, and whoever waits learns it", async () => {
  const { engine, session, events } = await opened();
  session.zoomTo(2);
  session.settle();
  const waiting = session.settled();
  (await engine.call(3)).fail(Object.assign(new Error("no"), { code: "internal" }));
  assert.equal(await waiting, false);
  assert.equal(session.rendered, null);
  assert.equal(events("refused")[0].code, "internal");
  session.recentre(); // and the next crop is tried again
  (await engine.call(4)).end();
  assert.equal(await session.settled(), true);
});

test("undo and redo go through crops and photos, and render each", async () => {
  const { engine, session } = await opened();
  const whole = session.crop;
  session.zoomTo(2);
  session.settle();
  (await engine.call(3)).end();
  await session.settled();
  const zoomed = session.crop;
  session.undo();
  assert.equal(session.crop, whole);
  (await engine.call(4)).end();
  await session.settled();
  session.undo();
  assert.equal(session.photo, null);
  session.redo();
  session.redo();
  assert.equal(session.crop, zoomed);
  assert.equal(session.canRedo, false);
  assert.deepEqual((await engine.call(5)).options.crop, Object.values(zoomed));
});

test("undo and redo at once ends where it began, and the render in between is aborted", async () => {
  const { engine, session } = await opened();
  session.zoomTo(2);
  session.settle();
  (await engine.call(3)).end();
  await session.settled();
  const { crop, rendered } = session;
  session.undo();
  const between = await engine.call(4);
  session.redo();
  assert.equal(between.aborted, true);
  between.end();
  await setImmediate();
  assert.equal(session.crop, crop);
  assert.equal(session.rendered, rendered);
  assert.equal(session.busy, false);
});

test("undo, redo and undo at once renders what is shown in the end", async () => {
  const { engine, session } = await opened();
  session.zoomTo(2);
  session.settle();
  const zoomed = await engine.call(3);
  session.undo(); // the first crop is rendered already
  assert.equal(zoomed.aborted, true);
  session.redo();
  const again = await engine.call(4);
  again.end();
  assert.equal(await session.settled(), true);
  assert.deepEqual(session.rendered.crop, Object.values(session.crop));
});

test("undo in the middle of a burst takes back the burst", async () => {
  const { session } = await opened();
  const before = session.crop;
  session.zoomTo(2);
  session.move(0.1, 0.1);
  session.settleSoon();
  session.undo();
  assert.equal(session.crop, before);
  session.redo();
  assert.notEqual(session.crop, before);
});

test("removing the photo can be undone, a reset cannot", async () => {
  const { session } = await opened();
  const { photo } = session;
  session.clear();
  assert.equal(session.photo, null);
  session.undo();
  assert.equal(session.photo, photo);
  session.reset();
  assert.deepEqual([session.photo, session.canUndo, session.canRedo], [null, false, false]);
});

test("other sizes reshape the crop, those in the undo list too, and render anew", async () => {
  const { engine, session } = await opened();
  session.zoomTo(2);
  session.settle();
  (await engine.call(3)).end();
  await session.settled();
  session.configure({ sizes: [[300, 200]], quality: 60 });
  const call = await engine.call(4);
  assert.equal(call.options.quality, 60);
  assert.equal(session.crop.width / session.crop.height, 1.5);
  call.end();
  await session.settled();
  session.undo();
  assert.equal(session.crop.width / session.crop.height, 1.5);
});

test("letting go without having moved renders and tells nothing", async () => {
  const { engine, session, events } = await opened();
  session.settle();
  session.move(0, -1); // there is no room
  session.settle();
  assert.equal(engine.calls.length, 2);
  assert.equal(events("rendered").length, 1);
});

test("a photo with fewer pixels than the avatar is said to be enlarged", async () => {
  const { session } = await opened();
  assert.equal(session.enlarged, false);
  session.configure({ sizes: [4000] });
  assert.equal(session.enlarged, true);
});

test("whatever a person does in whatever order, what is settled is what is shown", async () => {
  for (const seed of seeds(300)) {
    const next = random(seed);
    const { engine, session, events } = await opened();
    const deeds = [
      () => session.move(next() - 0.5, next() - 0.5),
      () => session.zoomBy(0.5 + next()),
      () => session.settle(),
      () => session.settleSoon(),
      () => session.undo(),
      () => session.redo(),
      () => session.restore(),
      () => session.recentre(),
      () => session.clear(),
      () => void session.open(new Blob(["other"])),
      () => session.configure({ sizes: [[100 + Math.round(100 * next()), 100]] }),
      () => engine.calls.at(-1).end(),
      () => engine.calls.at(-2).end(),
      () => setImmediate(),
    ];
    for (let deed = 0; deed < 25; deed++) await deeds[Math.floor(next() * deeds.length)]();
    let settled;
    session.settled().then((fine) => (settled = fine));
    for (let turn = 0; turn < 50 && settled === undefined; turn++) {
      for (const call of engine.calls) call.end();
      await setImmediate();
    }
    assert.equal(settled, true, `seed ${seed}: never settled`);
    assert.deepEqual(session.rendered?.crop, session.crop ? Object.values(session.crop) : undefined, `seed ${seed}`);
    if (session.crop) assert.equal(events("rendered").at(-1), session.rendered, `seed ${seed}: told something else`);
    assert.equal(session.busy, false, `seed ${seed}`);
  }
});
