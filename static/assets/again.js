// @ts-check
/**
 * What the secretary sends once more from the follow-up, to one, to some or to many: the convocation again, which counts,
 * or a reminder of it, which never does; and the links that she closes. Loaded when it is first asked for.
 *
 * @typedef {import('./follow.types.js').Recipient} Recipient
 * @typedef {import('./follow.types.js').Page} Page
 */
import { post, serverNow } from './api.js';
import { $ } from './stamp.js';
import { choose, number, plural } from './tell.js';

const gap = 4 * 3_600_000; // ms between two reminders for one person

// Of a large convocation the page knows a part, the server all: nothing is counted that was not.
const everybody = 'toutes les personnes qui n’ont pas ouvert';

// --- Again ---

/** Sends again, and gives what to say of it. @param {Page} page @param {object} body @param {number} expected how many were promised */
async function again(page, body, expected) {
  const { resent } = await post(`${page.path}/resend`, body);
  const left = expected - resent;
  const told = resent ? `${plural(resent, 'courriel part', 'courriels partent')} à nouveau.` : 'Aucun courriel ne part.';
  await page.refresh();
  return left > 0 ? `${told} ${leftOut(left)}` : told;
}

/** Why fewer mails leave than were announced. @param {number} n */
function leftOut(n) {
  return n < 2
    ? 'Une personne est laissée de côté\u00a0: un courriel lui est parti il y a moins de 30 secondes, ou elle vient d’ouvrir.'
    : `${number(n)} personnes sont laissées de côté\u00a0: un courriel leur est parti il y a moins de 30 secondes, ou elles viennent d’ouvrir.`;
}

/** Asks, sends again to one person, and gives what to say of it; empty when it was left. @param {Page} page @param {Recipient} it */
export async function sendAgain(page, it) {
  const text = it.can_vouch
    ? 'Le courriel précédent est peut-être parti, sans certitude. Au pire, cette personne le recevra deux fois.'
    : 'Cette personne recevra un nouveau courriel, avec un lien neuf. Les liens déjà reçus ne changent pas.';
  return await asks(it.name || it.address, text) ? again(page, { recipients: [it.id] }, 1) : '';
}

/** @param {string} whom @param {string} text */
async function asks(whom, text) {
  $('resend-title').textContent = `Envoyer à nouveau à ${whom}\u00a0?`;
  $('resend-text').textContent = text;
  return await choose($('resend-dialog')) === 'resend';
}

/** To those who have not opened. @param {Page} page */
export async function resendUnread(page) {
  const n = page.follow().recipients.filter((it) => !it.read_at && it.can_resend).length;
  const text = 'Ces personnes n’ont pas ouvert la convocation. Chacune recevra un nouveau courriel, avec un lien neuf.';
  return await asks(page.whole() ? plural(n, 'personne') : everybody, text) ? again(page, { who: 'unread' }, page.whole() ? n : 0) : '';
}

/** To those who are chosen. @param {Page} page @param {Recipient[]} chosen */
export async function resendChosen(page, chosen) {
  const free = chosen.filter((it) => it.can_resend);
  const others = chosen.length - free.length;
  const text = 'Chacune recevra un nouveau courriel, avec un lien neuf. Les liens déjà reçus ne changent pas.';
  const rest = `${plural(others, 'personne choisie n’a pas d’adresse, ou attend', 'personnes choisies n’ont pas d’adresse, ou attendent')} encore un courriel\u00a0: rien d’autre ne ${others < 2 ? 'lui' : 'leur'} part.`;
  return await asks(plural(free.length, 'personne'), others ? `${text} ${rest}` : text) ? again(page, { recipients: free.map((it) => it.id) }, free.length) : '';
}

// --- Reminders ---

/** Those who might be reminded, by the name of the choice. @type {Record<string, (it: Recipient) => boolean>} */
const behind = {
  silent: (it) => it.type === 'to' && !it.replies && !it.on_paper,
  unread: (it) => it.type === 'to' && !it.replies && !it.on_paper && !it.read_at,
};

/** Reminded a moment ago. @param {Recipient} it */
const lately = (it) => it.reminded_at !== '' && !it.replies && serverNow() - Date.parse(it.reminded_at) < gap;

/** How many reminders leave of a list, and who is left out, in words. @param {Recipient[]} list */
function split(list) {
  const n = list.filter((it) => it.can_remind).length;
  const rest = list.filter((it) => !it.can_remind);
  const recent = rest.filter(lately).length;
  return { n, left: [resting(recent), others(rest.length - recent)].filter(Boolean).join(' ') };
}

/** @param {number} n */
const resting = (n) => (n ? `${plural(n, 'personne a été rappelée', 'personnes ont été rappelées')} il y a moins de 4\u00a0heures.` : '');

/** @param {number} n */
const others = (n) => (n ? `${plural(n, 'personne ne peut pas être rappelée', 'personnes ne peuvent pas être rappelées')}\u00a0: ${n < 2 ? 'elle a répondu, ou la convocation ne lui est pas parvenue. Envoyez-la-lui' : 'elles ont répondu, ou la convocation ne leur est pas parvenue. Envoyez-la-leur'} à nouveau.` : '');

/** Reminds, and gives what to say of it. @param {Page} page @param {object} body @param {{n: number, left: string}} expected */
async function reminded(page, body, { n, left }) {
  const { resent } = await post(`${page.path}/remind`, body);
  await page.refresh();
  const told = resent ? `${plural(resent, 'rappel part', 'rappels partent')}.` : 'Aucun rappel ne part.';
  return [told, left, n > resent && leftOut(n - resent)].filter(Boolean).join(' ');
}

/** Asks whom to remind of those who have not opened or answered. @param {Page} page */
export async function remind(page) {
  const list = (/** @type {string} */ who) => page.follow().recipients.filter(behind[who]);
  const who = () => ($('remind-unread').checked ? 'unread' : 'silent');
  const draw = () => {
    const { n, left } = split(list(who()));
    $('remind-text').textContent = page.whole() ? [n ? `${plural(n, 'rappel partira', 'rappels partiront')}.` : 'Aucun rappel ne partira.', left].filter(Boolean).join(' ') : '';
    $('remind-confirm').hidden = page.whole() && !n;
  };
  $('remind-title').textContent = 'Rappeler la convocation';
  $('remind-who').hidden = false;
  for (const [name, verb] of [['silent', 'répondu'], ['unread', 'ouvert']]) {
    const n = list(name).length;
    const count = page.whole() ? ` (${number(n)})` : '';
    $(`remind-${name}-label`).textContent = `${n < 2 && count ? 'La personne qui n’a' : 'Les personnes qui n’ont'} pas ${verb}${count}`;
    $(`remind-${name}`).onchange = draw;
  }
  draw();
  if (await choose($('remind-dialog')) !== 'remind') return '';
  return reminded(page, { who: who() }, page.whole() ? split(list(who())) : { n: 0, left: '' });
}

/** Asks, and reminds those who are chosen. @param {Page} page @param {Recipient[]} chosen */
export async function remindChosen(page, chosen) {
  const { n, left } = split(chosen);
  $('remind-title').textContent = n ? `Rappeler la convocation à ${plural(n, 'personne')}\u00a0?` : 'Personne ne peut être rappelé';
  $('remind-who').hidden = true;
  $('remind-text').textContent = left;
  $('remind-confirm').hidden = !n;
  if (await choose($('remind-dialog')) !== 'remind') return '';
  return reminded(page, { recipients: chosen.filter((it) => it.can_remind).map((it) => it.id) }, { n, left });
}

// --- Links ---

/** Links that can be closed of somebody. @param {Recipient} it */
export const closable = (it) => !it.closed_at && it.sendings > 0;

/** Closes the links of those who have not opened. @param {Page} page */
export async function closeUnread(page) {
  const n = page.follow().recipients.filter((it) => !it.read_at && closable(it)).length;
  $('close-title').textContent = !page.whole() ? `Fermer les liens de ${everybody}\u00a0?` : n < 2 ? 'Fermer le lien de la personne qui n’a pas ouvert\u00a0?' : `Fermer les liens des ${number(n)} personnes qui n’ont pas ouvert\u00a0?`;
  if (await choose($('close-dialog')) !== 'close') return '';
  const { closed } = await post(`${page.path}/close-unread`);
  await page.refresh();
  return closed ? `${plural(closed, 'lien fermé', 'liens fermés')}.` : 'Aucun lien à fermer.';
}
