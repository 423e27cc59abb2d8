import { render } from "roundel";

export async function avatars(photo) {
  const options = { sizes: [256, 64] };
  const { avatars } = await render(photo, options);
  return avatars.map(({ bytes }) => bytes);
}
