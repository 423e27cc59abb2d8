/** Maps addresses to pages. */

export type Route =
  | { page: 'home' }
  | { page: 'signin' }
  | { page: 'profile'; handle: string }
  | { page: 'unknown' };

export function routeOf(path: string): Route {
  if (path === '/') return { page: 'home' };
  if (/^\/signin\/?$/.test(path)) return { page: 'signin' };
  const handle = /^\/@([^/]+)\/?$/.exec(path)?.[1];
  return handle ? profileOf(handle) : { page: 'unknown' };
}

function profileOf(encoded: string): Route {
  try {
    return { page: 'profile', handle: decodeURIComponent(encoded) };
  } catch {
    return { page: 'unknown' };
  }
}

export function pathOf(handle: string): string {
  return `/@${encodeURIComponent(handle)}`;
}
