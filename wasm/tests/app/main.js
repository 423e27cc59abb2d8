import { probe, render, renderHere } from "roundel";
import { heic } from "roundel/heic";

const output = document.querySelector("output");

document.querySelector("input").addEventListener("change", async ({ target }) => {
  const [photo] = target.files;
  const there = await render(photo, { sizes: [64] }, { decoders: [heic] });
  const here = await renderHere(photo, { sizes: [64] });
  const { format } = await probe(photo);
  output.textContent = [format, there.digest === here.digest, there.avatars[0].blob.size].join();
});
