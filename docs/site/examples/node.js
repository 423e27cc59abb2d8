import { readFile, writeFile } from "node:fs/promises";
import { render } from "roundel";

const { avatars } = await render(await readFile("photo.jpg"), { sizes: [256, 64] });
for (const { width, bytes, extension } of avatars) await writeFile(`avatar-${width}.${extension}`, bytes);
