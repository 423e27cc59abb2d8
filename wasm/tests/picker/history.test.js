import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../js/picker/history.js";

test("undo and redo go through the states in order", () => {
  const history = new History("a");
  history.push("b");
  history.push("c");
  history.undo();
  assert.equal(history.present, "b");
  history.undo();
  assert.deepEqual([history.present, history.canUndo, history.canRedo], ["a", false, true]);
  history.redo();
  history.redo();
  assert.deepEqual([history.present, history.canUndo, history.canRedo], ["c", true, false]);
});

test("undo and redo do nothing at the ends of the list", () => {
  const history = new History("a");
  history.undo();
  history.redo();
  assert.equal(history.present, "a");
});

test("a new state removes the states that could be redone", () => {
  const history = new History("a");
  history.push("b");
  history.undo();
  history.push("c");
  history.redo();
  assert.equal(history.present, "c");
  history.undo();
  assert.equal(history.present, "a");
});

test("the last 50 steps are kept", () => {
  const history = new History(0);
  for (let step = 1; step <= 60; step++) history.push(step);
  while (history.canUndo) history.undo();
  assert.equal(history.present, 10);
});

test("map replaces every state and keeps the order", () => {
  const history = new History(1);
  history.push(2);
  history.push(3);
  history.undo();
  history.map((state) => state * 10);
  assert.equal(history.present, 20);
  history.undo();
  assert.equal(history.present, 10);
  history.redo();
  history.redo();
  assert.equal(history.present, 30);
});
