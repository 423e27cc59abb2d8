import { useEffect, useRef } from "react";
import "roundel/picker";

export function AvatarField({ photo, onSave }) {
  const picker = useRef(null);
  useEffect(() => {
    picker.current.load(photo);
  }, [photo]);

  async function save() {
    await picker.current.settled();
    const [avatar] = picker.current.rendered.avatars;
    onSave(avatar.blob);
  }

  return (
    <>
      <roundel-picker ref={picker} sizes="256" />
      <button onClick={save}>Save</button>
    </>
  );
}
