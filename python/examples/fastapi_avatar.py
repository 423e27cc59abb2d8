"""An upload endpoint that stores only avatars: `fastapi run fastapi_avatar.py`.

The endpoint is a plain `def`, which FastAPI runs in its thread pool. Rendering releases the GIL,
so the event loop and other requests continue.
"""

import os
from pathlib import Path

import roundel
from fastapi import FastAPI, Request, UploadFile
from fastapi.responses import JSONResponse

#: HTTP status for each error code. Any other error is a defect of the service, a 500.
STATUS = {"malformed": 422, "unsupported": 415, "limit_exceeded": 413}
FOLDER = Path(os.environ.get("AVATARS", "avatars"))

app = FastAPI()


@app.exception_handler(roundel.Error)
async def error_response(request: Request, error: roundel.Error) -> JSONResponse:
    content = {"code": error.code, "message": str(error)}
    return JSONResponse(content, STATUS.get(error.code, 500))


@app.post("/users/{user}/avatar", status_code=201)
def upload(user: int, photo: UploadFile) -> dict[str, object]:
    # Pass the file, not `await photo.read()`: roundel reads no more of it than its limits allow.
    rendered = roundel.render(
        photo.file, sizes=[256, 64], limits={"input_bytes": 10 << 20, "pixels": 50_000_000}
    )
    folder = FOLDER / str(user) / rendered.digest[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for avatar in rendered.avatars:
        avatar.save(folder / f"{avatar.size[0]}.{avatar.extension}")
    return {"version": folder.name, "color": rendered.placeholder.color}
