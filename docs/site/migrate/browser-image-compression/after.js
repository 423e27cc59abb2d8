import { render } from "roundel";

export async function avatar(file) {
  const { avatars } = await render(file, {
    sizes: [256],
    max_bytes: 20_000,
  });
  return avatars[0].blob;
}
