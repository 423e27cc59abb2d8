import roundel


def avatars(photo):
    rendered = roundel.render(photo, sizes=[256, 64])
    return [avatar.bytes for avatar in rendered.avatars]
