/** What the servers answer, as JSON. */

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
  /** Names all sizes together: 64 hexadecimal digits. */
  digest: string;
  /** Which upload it was made from: the end of its key. The same photo again is another upload. */
  upload: string;
  /** In base64. */
  thumbhash: string;
  /** `rrggbb`. */
  color: string;
  /** The largest first. */
  images: Image[];
}

export interface Image {
  width: number;
  height: number;
  url: string;
}

/** `GET /api/me`. */
export interface Me extends Profile {
  refusals: Refusal[];
}

/** Each `refusal` of the events: why an upload will never become an avatar. */
export interface Refusal {
  key: string;
  code: string;
  message: string;
}

/** `PUT /api/profile/update`; what is absent stays. */
export interface Changes {
  display_name?: string;
  bio?: string;
}

/** `POST /avatars/key_upload`: what is to be uploaded. The two last belong together. */
export interface Wish {
  extension: string;
  content_length?: number;
  checksum_sha256?: string;
}

/** Its answer: one body that is pinned, or a form for any body. */
export type Permit =
  | { method: 'PUT'; url: string; headers: Record<string, string>; key: string }
  | { method: 'POST'; url: string; fields: Record<string, string>; key: string };

/** Every error of the backend and of the upload API. */
export interface Problem {
  code?: string;
  message?: string;
  field?: string;
}

/** Cognito's InitiateAuth, as far as it is used. */
export interface Authentication {
  AuthenticationResult?: {
    AccessToken: string;
    /** Seconds. */
    ExpiresIn: number;
    /** Absent from a refresh, unless the pool rotates them. */
    RefreshToken?: string;
  };
  ChallengeName?: string;
}
