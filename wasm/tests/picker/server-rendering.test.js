/** The picker on a server that renders pages, where there is no DOM. */
import assert from "node:assert/strict";
import { test } from "node:test";

test("the picker can be imported where there is no DOM", async () => {
  assert.equal(globalThis.HTMLElement, undefined);
  const { RoundelPicker } = await import("roundel/picker");
  assert.equal(typeof RoundelPicker.strings.choose, "string");
});
