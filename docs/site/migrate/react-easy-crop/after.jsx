import { useEffect, useRef } from "react";
import "roundel/picker";

export function AvatarField({ photo, onSave }) {
  const picker = useRef(null);
  useEffect(() => void picker.current.load(photo), [photo]);

  async function save() {
    await picker.current.settled();
    onSave(picker.current.rendered.avatars[0].blob);
  }

  return (
    <div>
      <roundel-picker ref={picker} sizes="256"></roundel-picker>
      <button onClick={save}>Save</button>
    </div>
  );
}
