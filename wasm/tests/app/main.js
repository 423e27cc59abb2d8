import { probe, render, renderHere } from "roundel";
import { heic } from "roundel/heic";

const output = document.querySelector("output");

document.querySelector("input").addEventListener("change", async ({ target }) => {
  const [photo] = target.files;
  const inWorker = await render(photo, { sizes: [64] }, { decoders: [heic] });
  const here = await renderHere(photo, { sizes: [64] });
  const { format } = await probe(photo);
  output.textContent = [format, inWorker.digest === here.digest, inWorker.avatars[0].blob.size].join();
});
