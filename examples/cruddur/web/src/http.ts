/** fetch, whose failures are those of errors.ts. */

import { Refused, Unreachable } from './errors.ts';
import type { Problem } from './types.ts';

/** What is answered with success. */
export async function request(url: string, init?: RequestInit): Promise<Response> {
  const response = await reach(url, init);
  if (response.ok) return response;
  throw new Refused(response.status, await problemOf(response));
}

export async function requestJson<T>(url: string, init?: RequestInit): Promise<T> {
  return readJson(await request(url, init));
}

export async function readJson<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new Unreachable(`${response.url} was cut off, or is no JSON`);
  }
}

async function reach(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new Unreachable(`${url} did not answer`, { cause: error });
  }
}

/** An error's JSON, in the backend's spelling or in Cognito's and API Gateway's. */
async function problemOf(response: Response): Promise<Problem> {
  try {
    const { code, __type, ...rest } = (await response.json()) as Problem & { __type?: string };
    const named = code ?? __type?.replace(/^.*#/, '');
    return named === undefined ? rest : { ...rest, code: named };
  } catch {
    return {};
  }
}
