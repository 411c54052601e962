// @ts-check
/**
 * What a person is told: changes in the live region, refusals next to the field concerned, questions in a dialog, and
 * counts and sizes in words. A page has #status (role=status) and #problem (role=alert).
 */
import { ApiError } from './api.js';
import { $, openDialog } from './stamp.js';

const numbers = new Intl.NumberFormat('fr-FR');
let hiding = 0;

/**
 * Says a change aloud, and shows it for a while unless quiet.
 * @param {string} text @param {boolean} [quiet]
 */
export function announce(text, quiet = false) {
  const status = $('status');
  clearTimeout(hiding);
  status.textContent = '';
  status.classList.toggle('quiet', quiet);
  // A region that is emptied and filled in one go says nothing when the text is the same.
  requestAnimationFrame(() => { status.textContent = text; });
  hiding = window.setTimeout(() => { status.textContent = ''; }, 7000);
}

/**
 * Shows what went wrong with the page as a whole.
 * @param {unknown} error @param {(() => void) | null} [again] what « Réessayer » does
 */
export function problem(error, again = null) {
  const box = $('problem');
  box.querySelector('p').textContent = sentence(error);
  const button = box.querySelector('button');
  button.hidden = !again;
  button.onclick = () => { calm(); again?.(); };
  box.hidden = false;
  box.scrollIntoView({ block: 'nearest' });
}

/** Takes the trouble off the page. */
export function calm() {
  $('problem').hidden = true;
}

/** @param {unknown} error */
export function sentence(error) {
  if (error instanceof ApiError) return error.message;
  console.error(error);
  return 'Cette page a rencontré une difficulté. Rechargez-la, puis réessayez.';
}

/**
 * Shows a refusal next to its field ([data-field]), or in the form's own [data-refusal].
 * @param {HTMLElement} form @param {unknown} error @returns {boolean} whether a field was found
 */
export function refuse(form, error) {
  const name = error instanceof ApiError ? error.field : '';
  const field = name ? /** @type {HTMLElement | null} */ (form.querySelector(`[data-field="${CSS.escape(name)}"]`)) : null;
  if (field) {
    wrong(field, sentence(error));
    field.focus();
    return true;
  }
  const box = form.querySelector('[data-refusal]');
  if (!box) {
    problem(error);
    return false;
  }
  box.textContent = sentence(error);
  /** @type {HTMLElement} */ (box).hidden = false;
  return false;
}

/** Shows a refusal without taking the focus from who is typing. @param {HTMLElement} form @param {any} error */
export function refuseQuietly(form, error) {
  const field = error.field && /** @type {HTMLElement | null} */ (form.querySelector(`[data-field="${CSS.escape(error.field)}"]`));
  if (field) wrong(field, error.message);
  else problem(error);
  announce(sentence(error), true);
}

/** Marks a field as wrong, and brings it to light; its message is the element #<id>-error. @param {HTMLElement} field @param {string} message */
export function wrong(field, message) {
  const text = $(`${field.id}-error`);
  text.textContent = message;
  text.hidden = !message;
  const closed = message ? field.closest('details') : null;
  if (closed) closed.open = true;
  if (message) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
}

/** Forgets the refusals of a form. @param {HTMLElement} form */
export function forgive(form) {
  for (const field of form.querySelectorAll('[data-field]')) wrong(/** @type {HTMLElement} */ (field), '');
  for (const box of form.querySelectorAll('[data-refusal]')) /** @type {HTMLElement} */ (box).hidden = true;
}

/**
 * Handles a form: no second submission while one runs, refusals shown.
 * @param {HTMLFormElement} form @param {() => Promise<void>} act
 */
export function onSubmit(form, act) {
  let running = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (running) return;
    running = true;
    forgive(form);
    const button = form.querySelector('button[type="submit"]');
    button?.setAttribute('aria-busy', 'true');
    try {
      await act();
    } catch (error) {
      refuse(form, error);
    } finally {
      running = false;
      button?.removeAttribute('aria-busy');
    }
  });
}

/**
 * Opens a dialog and waits for the value of the button that closes it; empty when it was left.
 * @param {HTMLDialogElement} dialog @returns {Promise<string>}
 */
export function choose(dialog) {
  dialog.returnValue = '';
  openDialog(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

/**
 * Runs an action of a button: not twice at once, failure told.
 * @param {HTMLButtonElement} button @param {() => Promise<void>} act
 */
export async function busy(button, act) {
  if (button.getAttribute('aria-busy')) return;
  button.setAttribute('aria-busy', 'true');
  try {
    calm();
    await act();
  } catch (error) {
    problem(error);
  } finally {
    button.removeAttribute('aria-busy');
  }
}

/**
 * Opens a document's short-lived address in a tab. The tab opens with the click, before the address is known:
 * later the browser would take it for an unwanted window.
 * @param {() => Promise<{url: string}>} address
 */
export async function openDocument(address) {
  const tab = window.open('', '_blank');
  try {
    const { url } = await address();
    if (tab) {
      tab.opener = null;
      tab.location.replace(url);
    } else location.assign(url);
  } catch (error) {
    tab?.close();
    throw error;
  }
}

/** 1234 → « 1 234 ». @param {number} n */
export const number = (n) => numbers.format(n);

/** « 1 contact », « 2 contacts »; 0 and 1 are singular. @param {number} n @param {string} one @param {string} [many] */
export const plural = (n, one, many = `${one}s`) => `${number(n)}\u00a0${n < 2 ? one : many}`;

/** « 1 à 4 sur 4 ». @param {number} shown @param {number} total */
export const range = (shown, total) => (total === 0 ? 'Aucun résultat' : `1 à ${number(shown)} sur ${number(total)}`);

/** « 3,4 Mo ». @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return plural(bytes, 'octet');
  if (bytes < 999_500) return `${number(Math.round(bytes / 1000))}\u00a0Ko`;
  return `${number(Math.round(bytes / 100_000) / 10)}\u00a0Mo`;
}

/**
 * Calls act once the last call is ms old.
 * @param {number} ms @param {() => void} act
 */
export function later(ms, act) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(act, ms);
  };
}
