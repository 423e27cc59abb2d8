/** The page's frame: which page is shown, and who is followed meanwhile. */

import { account } from './account.ts';
import * as api from './api.ts';
import { type Draft, takeDraft } from './draft.ts';
import { Refused } from './errors.ts';
import { follow } from './profile-events.ts';
import { person, publish } from './profile-store.ts';
import { pathOf, routeOf } from './route.ts';
import { isSignedIn, onChange } from './session.ts';
import type { Profile } from './types.ts';
import { EditDialog } from './view/edit-dialog.ts';
import { Header } from './view/header.ts';
import { problemPage, unknownPage } from './view/error-page.ts';
import { profilePage, skeleton } from './view/profile-page.ts';
import { signInPage } from './view/sign-in-page.ts';
import { toasts } from './view/toast.ts';

const main = document.querySelector('main') as HTMLElement;
const header = new Header(document.querySelector('#account') as HTMLElement, navigate);
/** Ends with the page that is shown. */
let shown = new AbortController();
/** Of the page that is shown: a link within it changes no more than the hash. */
let path = '';
/** Ends with the session. */
let session = new AbortController();
/** Whether the account is; the server may have been away when it was asked for. */
let following = false;

function navigate(path: string): void {
  history.pushState(null, '', path);
  void show({ focus: true });
}

function replace(path: string): Promise<void> {
  history.replaceState(null, '', path);
  return show({ focus: true });
}

async function show({ focus }: { focus: boolean }): Promise<void> {
  path = location.pathname;
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  void header.show();
  void followOwn();
  try {
    await open(signal);
  } catch (error) {
    if (!signal.aborted) put(problemPage(error, signal, () => void show({ focus: true })));
  }
  if (focus && !signal.aborted && !document.querySelector('dialog[open]')) focusHeading();
}

function open(signal: AbortSignal): Promise<void> | void {
  const route = routeOf(location.pathname);
  switch (route.page) {
    case 'home':
      return openHome();
    case 'signin':
      return openSignIn();
    case 'profile':
      return openProfile(route.handle.replace(/^@/, ''), signal);
    case 'unknown':
      return put(unknownPage('Page not found', 'There is nothing at this address.'));
  }
}

async function openHome(): Promise<void> {
  const profile = await account();
  if (location.pathname === '/') await replace(profile ? pathOf(profile.handle) : '/signin');
}

function openSignIn(): Promise<void> | void {
  const query = new URLSearchParams(location.search);
  // Only a page of this site: what is no route leads home.
  const wanted = query.get('to') ?? '';
  const to = routeOf(wanted).page === 'profile' ? wanted : '/';
  if (isSignedIn()) return replace(to);
  put(signInPage(query.has('ended'), () => void replace(to)));
}

async function openProfile(handle: string, signal: AbortSignal): Promise<void> {
  const known = person(handle);
  if (!known) put(skeleton());
  const profile = known ?? (await found(handle, signal));
  if (signal.aborted) return;
  if (!profile) return put(unknownPage('There is nobody here', `Nobody here is called @${handle}.`));
  const page = profilePage(profile, signal);
  put(page.element);
  const own = await account().catch(() => null);
  if (signal.aborted) return;
  if (own?.handle !== profile.handle) return void follow(profile.handle, false, signal);
  // The session follows its owner; when it ends, the page is still there.
  session.signal.addEventListener('abort', () => void follow(profile.handle, false, signal), { signal });
  // The server may have been away when the frame asked: who waits for an upload needs its events.
  void followOwn();
  offerEdit(page, profile.handle, signal);
}

async function found(handle: string, signal: AbortSignal): Promise<Profile | null> {
  try {
    const profile = await api.profile(handle, signal);
    publish(profile);
    return profile;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

function offerEdit(page: ReturnType<typeof profilePage>, handle: string, signal: AbortSignal): void {
  const edit = (draft: Draft | null) => {
    const profile = person(handle);
    if (profile) new EditDialog(profile, draft, opener, () => signInAgain(handle)).show(signal);
  };
  const opener = page.own(() => edit(null));
  const draft = takeDraft(handle);
  if (draft) edit(draft);
}

function signInAgain(handle: string): void {
  navigate(`/signin?ended&to=${encodeURIComponent(pathOf(handle))}`);
}

/** Who is signed in is followed on every page, for the header shows them. */
async function followOwn(): Promise<void> {
  const { signal } = session;
  const own = await account().catch(() => null);
  if (!own || following || signal.aborted) return;
  following = true;
  void follow(own.handle, true, signal);
}

function onSession(): void {
  session.abort();
  session = new AbortController();
  following = false;
  void followOwn();
}

function put(element: HTMLElement): void {
  main.replaceChildren(element);
}

function focusHeading(): void {
  main.querySelector('h1')?.focus();
}

/** Links within the site change the page without loading it anew. */
function onClick(event: MouseEvent): void {
  const link = (event.target as Element).closest('a');
  const modified = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || modified || event.defaultPrevented || link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

document.body.append(toasts);
document.addEventListener('click', onClick);
window.addEventListener('popstate', () => location.pathname === path || void show({ focus: true }));
onChange(onSession);
void show({ focus: false });
