"""A Django form field that renders an upload to an avatar before anything is stored.

Use `AvatarField` in place of an `ImageField` of a form. Its value can be saved by any storage or
assigned to the `ImageField` of a model. The uploaded file itself, with its metadata, is never
stored.
"""

from typing import Any, Optional

import roundel
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.urls import path

#: HTTP status for each error code. A form without a photo is a 400.
STATUS = {"malformed": 422, "unsupported": 415, "limit_exceeded": 413}


class AvatarField(forms.FileField):
    """Its value is a `ContentFile` named after its digest, so it can be cached without expiry."""

    def __init__(self, *, avatar: Optional[roundel.Options] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.avatar: roundel.Options = avatar or {}

    def to_python(self, data: Optional[UploadedFile]) -> Optional["ContentFile[bytes]"]:
        upload = super().to_python(data)
        if upload is None:
            return None
        try:
            avatar = roundel.render(upload, **self.avatar).avatars[0]
        except (roundel.Malformed, roundel.Unsupported, roundel.LimitExceeded) as error:
            raise ValidationError(str(error), code=error.code) from error
        return ContentFile(avatar.bytes, f"{avatar.digest[:32]}.{avatar.extension}")


class ProfileForm(forms.Form):
    photo = AvatarField(avatar={"sizes": 256, "limits": {"pixels": 50_000_000}})


def upload(request: HttpRequest) -> JsonResponse:
    form = ProfileForm(request.POST, request.FILES)
    if not form.is_valid():
        error = form.errors.as_data()["photo"][0]
        content = {"code": error.code, "message": error.messages[0]}
        return JsonResponse(content, status=STATUS.get(error.code or "", 400))
    avatar = form.cleaned_data["photo"]
    # The storage would change a name that exists. The same name always has the same bytes.
    name = f"avatars/{avatar.name}"
    stored = name if default_storage.exists(name) else default_storage.save(name, avatar)
    return JsonResponse({"url": default_storage.url(stored)}, status=201)


urlpatterns = [path("avatar", upload)]
