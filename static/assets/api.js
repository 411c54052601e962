// @ts-check
/**
 * Talks to the server: JSON over same-origin requests, refusals as ApiError. When the session has ended, a dialog asks
 * to sign in again in place and the request is repeated, so that nothing typed is lost.
 *
 * @typedef {{
 *   user: {login: string, name: string},
 *   collectivity: {id: string, name: string, time_zone: string, mail: string, phone: string},
 *   role: string, several: boolean, factor: boolean, rights: string[], files_origin: string,
 * }} Session
 */
import { el, openDialog } from './stamp.js';

/** A refusal: message is a French sentence made to be shown as it is; field names the input concerned, or is empty. */
export class ApiError extends Error {
  /** @param {number} status 0 when no answer came @param {string} code @param {string} message @param {string} [field] */
  constructor(status, code, message, field = '') {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }

  /** Tells whether the same request may well succeed a little later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

// Whether somebody signed in here: lets a page avoid a request that would surely be refused.
const hint = 'convoc.signed-in';

/** @type {Promise<Session> | null} */
let known = null;
/** @type {Session | null} */
let last = null;
/** @type {Promise<void> | null} */
let asking = null;
/** @type {ReturnType<typeof buildDialog> | null} */
let dialog = null;

let ahead = 0; // ms, the server's clock before this one, to the second

/** What the server's clock shows, as Date.now: that of this computer may be minutes away. */
export const serverNow = () => Date.now() + ahead;

/** Tells whether a session was open here when last heard. */
export function maybeSignedIn() {
  return localStorage.getItem(hint) !== null;
}

/**
 * Calls the server. With `anonymous`, a missing session is an error like another.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {{anonymous?: boolean, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the answer's JSON, null when it has none
 */
export async function call(method, path, body, options = {}) {
  for (;;) {
    try {
      return await once(method, path, body, options.signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'signed_out') throw error;
      localStorage.removeItem(hint);
      if (options.anonymous) throw error;
    }
    await signInAgain();
  }
}

/** @param {string} path @param {{anonymous?: boolean, signal?: AbortSignal}} [options] */
export const get = (path, options) => call('GET', path, undefined, options);
/** @param {string} path @param {object} [body] */
export const post = (path, body = {}) => call('POST', path, body);
/** @param {string} path @param {object} body */
export const put = (path, body) => call('PUT', path, body);
/** @param {string} path */
export const remove = (path) => call('DELETE', path);

/** @param {string} method @param {string} path @param {object | undefined} body @param {AbortSignal | undefined} signal */
async function once(method, path, body, signal) {
  /** @type {RequestInit} */
  const request = { method, credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal };
  if (method !== 'GET') request.headers = { 'Content-Type': 'application/json' };
  if (body !== undefined) request.body = JSON.stringify(body);
  // Says for which collectivité this page was opened: another one may have been chosen in another window since.
  if (last?.collectivity.id && !path.startsWith('/api/session')) {
    request.headers = { ...request.headers, 'Convoc-Collectivity': last.collectivity.id };
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'no_answer', 'Le serveur ne répond pas. Vérifiez votre connexion à internet, puis réessayez\u00a0: rien n’est perdu.');
  }
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (date) ahead = date - Date.now();
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const message = answer?.message ?? 'Le service est momentanément indisponible. Réessayez dans un instant\u00a0: rien n’est perdu.';
  throw new ApiError(response.status, answer?.code ?? 'unknown', message, answer?.field ?? '');
}

/**
 * The session, asked once per page.
 * @returns {Promise<Session>}
 */
export function session() {
  known ??= get('/api/session').then(remember, (error) => {
    known = null;
    throw error;
  });
  return known;
}

/**
 * Opens a session. Errors: wrong_credentials, too_many_tries, code_needed, code_wrong, no_access.
 * @param {string} login @param {string} password @param {string} [code] of the second factor
 * @returns {Promise<Session>}
 */
export async function signIn(login, password, code = '') {
  return remember(await call('POST', '/api/session', { login, password, code }, { anonymous: true }));
}

/**
 * Makes the session one for a collectivité.
 * @param {string} id
 * @returns {Promise<Session>}
 */
export async function choose(id) {
  return remember(await post('/api/session/collectivity', { id }));
}

/**
 * Keeps what the server said of the session.
 * @param {Session} now
 */
export function remember(now) {
  localStorage.setItem(hint, '1');
  last = now;
  return now;
}

/** Ends the session. */
export async function signOut() {
  await call('DELETE', '/api/session', undefined, { anonymous: true }).catch((error) => {
    if (error.code !== 'signed_out') throw error;
  });
  forget();
}

/** Forgets that somebody was signed in here. */
export function forget() {
  localStorage.removeItem(hint);
}

/** The collectivité's time zone. */
export async function zone() {
  return (await session()).collectivity.time_zone;
}

/**
 * Asks to sign in, once however many requests wait for it. Somebody else than before gets a fresh page: what is on the
 * screen is not theirs.
 */
export function signInAgain() {
  const before = last;
  asking ??= ask().then((now) => {
    if (before && (before.user.login !== now.user.login || before.collectivity.id !== now.collectivity.id)) {
      location.reload();
      return new Promise(() => {});
    }
  }).finally(() => {
    asking = null;
  });
  return asking;
}

/** @returns {Promise<Session>} */
function ask() {
  dialog ??= buildDialog();
  const { box, form, title, why, login, password, code, codeField, error, button, leave } = dialog;
  const before = last;
  title.textContent = last ? 'Reconnectez-vous' : 'Connectez-vous';
  why.textContent = last
    ? 'Votre session a pris fin. Identifiez-vous pour continuer\u00a0: rien n’est perdu.'
    : 'Identifiez-vous pour voir cette page.';
  login.value = last?.user.login ?? login.value;
  leave.textContent = last ? 'Plus tard' : 'Aller à l’accueil';
  leave.onclick = () => (last ? box.close() : location.assign('/'));
  error.hidden = true;
  codeField.hidden = true;
  code.value = '';
  openDialog(box);
  (login.value ? password : login).focus();
  return new Promise((resolve, reject) => {
    box.onclose = () => {
      password.value = '';
      code.value = '';
      reject(new ApiError(401, 'signed_out', 'Vous n’êtes plus connecté. Ce qui est à l’écran y reste, sans être enregistré\u00a0: identifiez-vous pour continuer.'));
    };
    form.onsubmit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        let now = await signIn(login.value.trim(), password.value, code.value);
        if (!now.collectivity.id && before?.user.login === now.user.login && before.collectivity.id) now = await choose(before.collectivity.id);
        resolve(now);
        box.close();
      } catch (refusal) {
        const { code: which, message } = /** @type {ApiError} */ (refusal);
        error.textContent = message;
        error.hidden = false;
        codeField.hidden = codeField.hidden && which !== 'code_needed';
        (codeField.hidden ? password : code).select();
      } finally {
        button.disabled = false;
      }
    };
  });
}

/** The dialog, made once and kept: where one is removed, Chromium takes the caret from the field that gets the focus back. */
function buildDialog() {
  const login = el('input', { id: 'again-login', type: 'text', autocomplete: 'username', required: true, autocapitalize: 'none', spellcheck: false });
  const password = el('input', { id: 'again-password', type: 'password', autocomplete: 'current-password', required: true });
  const code = el('input', { id: 'again-code', type: 'text', autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: false });
  const codeField = el('div', { className: 'field', hidden: true }, el('label', { for: 'again-code' }, 'Code de votre application'), code);
  const title = el('h2', { id: 'again-title' });
  const why = el('p');
  const error = el('p', { className: 'error', role: 'alert', hidden: true });
  const button = el('button', { className: 'main', id: 'again-sign-in', type: 'submit' }, 'Se connecter');
  const leave = el('button', { id: 'again-leave', type: 'button' });
  const form = el('form', { method: 'post' },
    title,
    why,
    el('div', { className: 'field' }, el('label', { for: 'again-login' }, 'Identifiant'), login),
    el('div', { className: 'field' }, el('label', { for: 'again-password' }, 'Mot de passe'), password),
    codeField,
    error,
    el('div', { className: 'actions' }, leave, button));
  const box = el('dialog', { id: 'again', 'aria-labelledby': 'again-title' }, form);
  box.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave.click();
  });
  document.body.append(box);
  return { box, form, title, why, login, password, code, codeField, error, button, leave };
}
