"""The objects of a user in both buckets."""

from __future__ import annotations


class StoredObjects:
    """The objects of one user in both buckets."""

    def __init__(self, system, name: str):
        self.s3 = system.aws.client("s3")
        self.sub = next(p.sub for p in system.user_pool.users if p.handle == name)

    def keys(self, bucket: str, folder: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/{self.sub}")
        return [item["Key"] for item in found.get("Contents", [])]

    def objects(self, bucket: str, folder: str) -> dict[str, bytes]:
        read = lambda key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()  # noqa: E731
        return {key: read(key) for key in self.keys(bucket, folder)}

    def upload_keys(self) -> list[str]:
        return self.keys("cruddur-uploads", "avatars/original")

    def uploads(self) -> dict[str, bytes]:
        return self.objects("cruddur-uploads", "avatars/original")

    def avatar(self, digest: str, side: int) -> bytes:
        return self.objects("cruddur-assets", f"avatars")[f"avatars/{self.sub}/{digest}/{side}.jpg"]

    def assets(self) -> dict[str, bytes]:
        return self.objects("cruddur-assets", "avatars")
