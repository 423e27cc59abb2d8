/** JSON types of the requests and responses. */

/** `GET /api/config`. */
export interface Config {
  upload_api: string;
  assets: string;
  cognito: { url: string; client_id: string };
}

/** `GET /api/profile/{handle}`, and each `profile` of its events. */
export interface Profile {
  handle: string;
  display_name: string;
  bio: string | null;
  avatar: Avatar | null;
}

export interface Avatar {
  /** The digest of all sizes: 64 hexadecimal digits. */
  digest: string;
  /** The last part of the key of the upload. Uploading the same photo again gives a new key. */
  upload: string;
  /** Base64. */
  thumbhash: string;
  /** `rrggbb`. */
  color: string;
  /** The largest first. */
  images: AvatarImage[];
}

export interface AvatarImage {
  width: number;
  height: number;
  url: string;
}

/** `GET /api/me`. */
export interface Me extends Profile {
  refusals: Refusal[];
}

/** A `refusal` event: the reason why an upload was refused. */
export interface Refusal {
  key: string;
  code: string;
  message: string;
}

/** `PUT /api/profile/update`. Absent fields stay unchanged. */
export interface ProfileUpdate {
  display_name?: string;
  bio?: string;
}

/** The body of `POST /avatars/key_upload`. The last two fields must be given together. */
export interface UploadRequest {
  extension: string;
  content_length?: number;
  checksum_sha256?: string;
}

/** Its response: a PUT of exactly one body, or a form for any body. */
export type SignedUpload =
  | { method: 'PUT'; url: string; headers: Record<string, string>; key: string }
  | { method: 'POST'; url: string; fields: Record<string, string>; key: string };

/** The body of an error of the backend or the upload API. */
export interface ErrorBody {
  code?: string;
  message?: string;
  field?: string;
  /** Seconds until the same request can succeed. */
  retry_after?: number;
}

/** The used part of the response of Cognito to InitiateAuth. */
export interface InitiateAuthResponse {
  AuthenticationResult?: {
    AccessToken: string;
    /** Seconds. */
    ExpiresIn: number;
    /** Absent from a refresh, unless the pool rotates them. */
    RefreshToken?: string;
  };
  ChallengeName?: string;
}
