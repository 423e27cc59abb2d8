/** fetch with the error classes of errors.ts. */

import { HttpError, NetworkError } from './errors.ts';
import type { ErrorBody } from './types.ts';

/** Resolves to a successful response. @throws {HttpError | NetworkError} */
export async function request(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetchOrNetworkError(url, init);
  if (response.ok) return response;
  throw new HttpError(response.status, await errorBodyOf(response));
}

export async function requestJson<T>(url: string, init?: RequestInit): Promise<T> {
  return readJson(await request(url, init));
}

export async function readJson<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new NetworkError(`${response.url} is incomplete or not JSON`);
  }
}

async function fetchOrNetworkError(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new NetworkError(`${url} did not answer`, { cause: error });
  }
}

/** Parses the JSON of an error of the backend, Cognito (`__type`) or API Gateway. */
async function errorBodyOf(response: Response): Promise<ErrorBody> {
  try {
    const { code, __type, ...rest } = (await response.json()) as ErrorBody & { __type?: string };
    const errorCode = code ?? __type?.replace(/^.*#/, '');
    return errorCode === undefined ? rest : { ...rest, code: errorCode };
  } catch {
    return {};
  }
}
