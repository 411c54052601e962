// @ts-check
/**
 * « Envoyer »: what is missing, how the sending would go, and the order itself, for now or for a time to come. Loaded when
 * it is pressed, not with the page. Its times are of the collectivité's own clock, as all that is typed.
 *
 * @typedef {import('../composer.js').Draft} Draft
 * @typedef {import('./meeting.js').ConvocMeeting} ConvocMeeting
 * @typedef {{mails: number, begins: string, ends: string, days: number, last: string, late: boolean, why: string}} Forecast
 */
import { get, post, zone } from './api.js';
import { clock, long, table } from './dates.js';
import { meetingOf, moment, names, remindsAt } from './dialogs.js';
import { look, maxReason, minReason, reasonLength, refusal } from './meeting.js';
import { $, fill, rows } from './stamp.js';
import { announce, choose, later, plural, sentence, wrong } from './tell.js';

const soon = 60_000; // ms: a sending that takes no longer is over at once

// --- The séance ---

/** Errors: what is missing. @param {ConvocMeeting} it */
export function checkMeeting(it) {
  if (!it.on) return;
  if (!$('assembly').value) throw refusal('assembly_missing', 'assembly', 'Choisissez l’assemblée que vous convoquez, ou créez-la.');
  if (!it.at) throw refusal('meeting_date_missing', 'at', 'Indiquez la date et l’heure de la séance.');
  if (!$('meeting-place').value.trim()) throw refusal('meeting_place_missing', 'place', 'Indiquez le lieu de la séance.');
  if (!$('urgent').checked) return;
  if (reasonLength() < minReason) throw refusal('urgency_reason_short', 'urgent', 'Écrivez un motif d’au moins 20 caractères, ou décochez l’urgence.');
  if (reasonLength() > maxReason) throw refusal('urgency_reason_long', 'urgent', 'Le motif dépasse 500 caractères.');
}

/** Whether urgency is what there is to do once it is too late; else another date. @param {ConvocMeeting} it */
const urgently = (it) => it.judged.delay?.urgency_possible && !$('urgent').checked;

/** Does what there is to do once it is too late. @param {ConvocMeeting} it */
export function mend(it) {
  if (!urgently(it)) return $('meeting-date').focus();
  $('urgent').checked = true;
  it.show();
  it.dispatchEvent(new Event('change'));
  $('urgent-reason').focus();
  announce('Indiquez le motif de l’urgence.', true);
}

/** Says that a sending was taken back, where its draft is open again. */
export function tellRecalled() {
  history.replaceState(null, '', location.href.split('#')[0]);
  announce('L’envoi est annulé\u00a0: aucun courriel n’est parti. La convocation est de nouveau un brouillon.');
}

// --- The dialog ---

let path = ''; // of the draft that the dialog is about
let asked = 0; // forecasts: a late answer to an older question is dropped

/**
 * Asks whether to send what the server has, and sends it. Gives « sent », « mend » when it is too late and something can
 * be done about it, nothing when it was left. Errors: what the server refused.
 * @param {string} of path @param {Draft} draft as it is now @param {string} documents their names @param {ConvocMeeting} meeting
 * @returns {Promise<string>}
 */
export function confirmSending(of, draft, documents, meeting) {
  const late = draft.delay?.level === 'red';
  path = of;
  tell(draft, documents);
  $('send-mend').textContent = urgently(meeting) ? 'Convoquer en urgence' : 'Choisir une autre date';
  $('send-mend').hidden = !late;
  $('send-confirm').hidden = $('send-about').hidden = $('send-when').hidden = $('send-forecast').hidden = late;
  $('send-now').checked = true;
  turn();
  if (!late) ahead();
  return new Promise((resolve, reject) => {
    /** @type {unknown} */
    let refused = null;
    $('send-confirm').onclick = () => launch(draft.version).then((sent) => sent && resolve('sent'), (error) => {
      refused = error;
      $('send-dialog').close();
    });
    choose($('send-dialog')).then((value) => (refused ? reject(refused) : resolve(value)));
  });
}

/** @param {Draft} draft @param {string} documents */
function tell(draft, documents) {
  const { head_count: n, meeting, delay } = draft;
  const reminds = remindsAt(draft);
  $('send-title').textContent = delay?.level === 'red' ? 'Cette convocation ne peut pas partir' : n ? `Envoyer à ${plural(n, 'personne')}\u00a0?` : 'Envoyer la convocation\u00a0?';
  fact('meeting', meeting ? meetingOf(meeting.assembly_name ?? '', meeting.at) : '');
  fact('place', meeting?.place ?? '');
  fact('subject', draft.subject);
  for (const name of /** @type {const} */ (['to', 'cc', 'bcc'])) fact(name, names(draft[name], true));
  fact('documents', documents || 'Aucun');
  fact('password', draft.has_password ? 'Demandé à l’ouverture. Donnez-le par téléphone.' : 'Aucun');
  fact('remind', reminds && `À qui n’a pas répondu, le ${moment(reminds)}`);
  if (delay) fill($('send-delay'), look(delay));
  $('send-delay').hidden = !delay;
  rows($('send-warnings'), $('warning'), draft.warnings, ({ code, text }) => ({ key: code, text }));
  $('send-error').hidden = true;
}

/** @param {string} name @param {string} what */
function fact(name, what) {
  const told = $(`send-${name}`);
  told.textContent = what;
  told.hidden = told.previousElementSibling.hidden = !what;
}

// --- Now or then ---

/** When it is to leave: « 2026-12-07T09:00 », empty for now, null while that is typed by half. */
function then() {
  if ($('send-now').checked) return '';
  const [date, time] = [$('send-date').value, $('send-time').value];
  return date >= '2000' && time ? `${date}T${time.slice(0, 5)}` : null;
}

function turn() {
  const planned = $('send-later').checked;
  $('send-plan').hidden = !planned;
  $('send-confirm').textContent = planned ? 'Programmer l’envoi' : 'Envoyer';
  wrong($('send-date'), '');
}

for (const name of ['send-now', 'send-later']) {
  $(name).addEventListener('change', async () => {
    turn();
    if ($('send-later').checked && !$('send-date').value) await propose();
    ahead();
  });
}
$('send-plan').addEventListener('input', () => {
  wrong($('send-date'), '');
  again();
});
const again = later(300, ahead);

/** Proposes tomorrow morning. */
async function propose() {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: await zone(), dateStyle: 'short' }).format(); // 2026-12-08
  const day = new Date(`${today}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  $('send-date').min = today;
  $('send-date').value = day.toISOString().slice(0, 10);
  $('send-time').value ||= '09:00';
}

// --- How it would go ---

/** Asks how it would go, and says it. Whether it can be sent does not hang on it. */
async function ahead() {
  const mine = ++asked;
  const at = then();
  $('send-error').hidden = true;
  if (at === null) return say({ text: 'Indiquez la date et l’heure de l’envoi.', warning: '' });
  say({ text: 'Calcul de la durée de l’envoi…', warning: '' });
  try {
    const [forecast, where] = await Promise.all([get(`${path}/forecast${at && `?at=${at}`}`), zone()]);
    if (mine === asked) say(outlook(forecast, where, at !== ''));
  } catch (/** @type {any} */ error) {
    if (mine !== asked) return;
    say({ text: error.passing ? 'La durée de l’envoi ne peut pas être estimée pour l’instant.' : '', warning: '' });
    if (!error.passing) refused(sentence(error), at !== '');
  }
}

/** @param {{text: string, warning: string}} what */
function say({ text, warning }) {
  $('send-outlook').textContent = text;
  $('send-late').textContent = warning;
  $('send-late').hidden = !warning;
}

/** @param {string} message @param {boolean} planned */
function refused(message, planned) {
  if (planned) return wrong($('send-date'), message);
  $('send-error').textContent = message;
  $('send-error').hidden = false;
}

/**
 * A forecast in words: « 29 courriels partiront maintenant ; le dernier vers 14 h 05. », and what there is to be warned of.
 * @param {Forecast} f @param {string} where the zone @param {boolean} planned
 */
export function outlook(f, where, planned) {
  if (!f.mails) return { text: 'Aucun courriel ne partira\u00a0: personne n’a d’adresse.', warning: '' };
  const when = planned ? `le ${long(f.begins, where)}` : 'maintenant';
  const text = `${plural(f.mails, 'courriel partira', 'courriels partiront')} ${when}${end(f, where)}.`;
  const warning = [];
  if (f.days > 1) warning.push(`Le nombre de courriels permis par jour est trop petit\u00a0: l’envoi durerait ${plural(f.days, 'jour')}.`);
  if (f.late) warning.push(`L’envoi finirait après le dernier moment légal, ${long(f.last, where)}\u00a0: les derniers destinataires seraient convoqués hors délai.`);
  if (f.why && !planned) warning.push(`En ce moment, rien ne part. ${f.why} L’envoi commencera de lui-même.`);
  return { text, warning: warning.join(' ') };
}

/** When the last one has left, where that takes a while. @param {Forecast} f @param {string} where */
function end({ begins, ends }, where) {
  if (Date.parse(ends) - Date.parse(begins) < soon) return '';
  const [day, hour] = long(ends, where).split(' à ');
  const sameDay = table(begins, where).slice(0, 10) === table(ends, where).slice(0, 10);
  return `\u00a0; le dernier ${sameDay ? '' : `le ${day} `}vers ${hour}`;
}

// --- The order ---

/** Sends once. What may pass, or is about the time that was chosen, is told in the dialog, which stays. @param {number} version @returns {Promise<boolean>} */
async function launch(version) {
  const button = $('send-confirm');
  const at = then();
  if (at === null) {
    wrong($('send-date'), 'Indiquez la date et l’heure de l’envoi.');
    $('send-date').focus();
    return false;
  }
  if (button.getAttribute('aria-busy')) return false;
  button.setAttribute('aria-busy', 'true');
  try {
    await post(`${path}/send`, at ? { version, at } : { version });
    return true;
  } catch (/** @type {any} */ error) {
    if (at && error.status === 422) {
      wrong($('send-date'), error.message);
      $('send-date').focus();
      return false;
    }
    if (!error.passing) throw error;
    // It may have been heard: asking again is harmless.
    refused(`${error.message} Appuyez de nouveau sur «\u00a0${button.textContent}\u00a0»\u00a0: personne ne recevra deux courriels.`, false);
    return false;
  } finally {
    button.removeAttribute('aria-busy');
  }
}
