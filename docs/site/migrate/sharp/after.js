import { render } from "roundel";

export async function avatars(photo) {
  const { avatars } = await render(photo, { sizes: [256, 64] });
  return avatars.map(({ bytes }) => bytes);
}
