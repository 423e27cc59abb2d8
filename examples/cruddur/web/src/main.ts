/** The router: shows the page of the current address, and follows the profiles that it needs. */

import { account } from './account.ts';
import * as api from './api.ts';
import { type Draft, takeDraft } from './draft.ts';
import { HttpError } from './errors.ts';
import { followProfile } from './profile-events.ts';
import { cachedProfile, publishProfile } from './profile-store.ts';
import { pathOf, routeOf } from './route.ts';
import { isSignedIn, onSessionChange } from './session.ts';
import type { Profile } from './types.ts';
import { EditDialog } from './view/edit-dialog.ts';
import { Header } from './view/header.ts';
import { errorPage, unknownPage } from './view/error-page.ts';
import { profilePage, skeleton } from './view/profile-page.ts';
import { signInPage } from './view/sign-in-page.ts';
import { toasts } from './view/toast.ts';

const main = document.querySelector('main') as HTMLElement;
const header = new Header(document.querySelector('#account') as HTMLElement, navigate);
/** Aborted when another page is shown. */
let currentPage = new AbortController();
/** Path of the shown page. A link within the page changes the hash only. */
let currentPath = '';
/** Aborted when the session ends. */
let session = new AbortController();
/** Whether the own profile is followed. The first attempt can fail while the server is down. */
let followsOwnProfile = false;

function navigate(path: string): void {
  history.pushState(null, '', path);
  void show({ focus: true });
}

function replace(path: string): Promise<void> {
  history.replaceState(null, '', path);
  return show({ focus: true });
}

async function show({ focus }: { focus: boolean }): Promise<void> {
  currentPath = location.pathname;
  currentPage.abort();
  currentPage = new AbortController();
  const { signal } = currentPage;
  void header.show();
  void followOwnProfile();
  try {
    await open(signal);
  } catch (error) {
    if (!signal.aborted) render(errorPage(error, signal, () => void show({ focus: true })));
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
      return render(unknownPage('Page not found', 'This address does not exist.'));
  }
}

async function openHome(): Promise<void> {
  const profile = await account();
  if (location.pathname === '/') await replace(profile ? pathOf(profile.handle) : '/signin');
}

function openSignIn(): Promise<void> | void {
  const query = new URLSearchParams(location.search);
  // Redirect only to a profile of this site, and otherwise to the start page.
  const target = query.get('to') ?? '';
  const to = routeOf(target).page === 'profile' ? target : '/';
  if (isSignedIn()) return replace(to);
  render(signInPage(query.has('ended'), () => void replace(to)));
}

async function openProfile(handle: string, signal: AbortSignal): Promise<void> {
  const known = cachedProfile(handle);
  if (!known) render(skeleton());
  const profile = known ?? (await fetchProfile(handle, signal));
  if (signal.aborted) return;
  if (!profile) return render(unknownPage('User not found', `No user is called @${handle}.`));
  const page = profilePage(profile, signal);
  render(page.element);
  const own = await account().catch(() => null);
  if (signal.aborted) return;
  if (own?.handle !== profile.handle) return void followProfile(profile.handle, false, signal);
  // The session follows the own profile. When it ends, this page must follow the profile itself.
  session.signal.addEventListener('abort', () => void followProfile(profile.handle, false, signal), { signal });
  // Try again if the first attempt failed: the edit dialog needs the events of its upload.
  void followOwnProfile();
  offerEdit(page, profile.handle, signal);
}

async function fetchProfile(handle: string, signal: AbortSignal): Promise<Profile | null> {
  try {
    const profile = await api.profile(handle, signal);
    publishProfile(profile);
    return profile;
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return null;
    throw error;
  }
}

function offerEdit(page: ReturnType<typeof profilePage>, handle: string, signal: AbortSignal): void {
  const edit = (draft: Draft | null) => {
    const profile = cachedProfile(handle);
    if (profile) new EditDialog(profile, draft, opener, () => signInAgain(handle)).show(signal);
  };
  const opener = page.showEditButton(() => edit(null));
  const draft = takeDraft(handle);
  if (draft) edit(draft);
}

function signInAgain(handle: string): void {
  navigate(`/signin?ended&to=${encodeURIComponent(pathOf(handle))}`);
}

/** Follows the profile of the signed-in user on every page, because the header shows it. */
async function followOwnProfile(): Promise<void> {
  const { signal } = session;
  const own = await account().catch(() => null);
  if (!own || followsOwnProfile || signal.aborted) return;
  followsOwnProfile = true;
  void followProfile(own.handle, true, signal);
}

function onSession(): void {
  session.abort();
  session = new AbortController();
  followsOwnProfile = false;
  void followOwnProfile();
}

function render(element: HTMLElement): void {
  main.replaceChildren(element);
}

function focusHeading(): void {
  main.querySelector('h1')?.focus();
}

/** Navigates links within the site without a reload. */
function onClick(event: MouseEvent): void {
  const link = (event.target as Element).closest('a');
  const modified = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || modified || event.defaultPrevented || link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

document.body.append(toasts);
document.addEventListener('click', onClick);
window.addEventListener('popstate', () => location.pathname === currentPath || void show({ focus: true }));
onSessionChange(onSession);
void show({ focus: false });
