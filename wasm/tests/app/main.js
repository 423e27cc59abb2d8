import { probe, render, renderHere } from "roundel";

const output = document.querySelector("output");

document.querySelector("input").addEventListener("change", async ({ target }) => {
  const [photo] = target.files;
  const there = await render(photo, { sizes: [64] });
  const here = await renderHere(photo, { sizes: [64] });
  const { format } = await probe(photo);
  output.textContent = [format, there.digest === here.digest, there.avatars[0].blob.size].join();
});
