// @ts-check
/**
 * What is said of a whole draft: the subject that is proposed, when its reminder leaves, the dialog that compares two
 * versions. Loaded when one of them is wanted, not with the page; « Envoyer » is in send.js.
 *
 * @typedef {import('./combobox.js').Entry} Entry
 * @typedef {import('../composer.js').Text} Text
 * @typedef {import('../composer.js').Draft} Draft
 */
import { long } from './dates.js';
import { $ } from './stamp.js';
import { choose, number, plural } from './tell.js';

/** « jeudi 10 décembre 2026 à 18 h 30 »: a time of the collectivité's own clock. @param {string} at « 2026-12-10T18:30 » */
export const moment = (at) => long(`${at}:00Z`, 'UTC');

/** « Conseil municipal, jeudi 10 décembre 2026 à 18 h 30 ». @param {string} assembly its name @param {string} at */
export const meetingOf = (assembly, at) => [assembly, at && moment(at)].filter(Boolean).join(', ');

/** « ENN ; Deuf, John », or « ENN (4) ; Deuf, John ». @param {Entry[]} entries @param {boolean} [counted] */
export function names(entries, counted = false) {
  const count = (/** @type {Entry} */ it) => (counted && it.kind === 'group' ? `\u00a0(${number(it.count ?? 0)})` : '');
  return entries.map((it) => (it.name || it.address) + count(it)).join('\u00a0; ');
}

// --- The subject ---

/** What stands before the nouns that assemblies are called by. */
const articles = {
  'au ': ['conseil', 'bureau', 'comité', 'syndicat', 'collège', 'congrès', 'groupe'],
  'à la ': ['commission', 'conférence', 'délégation', 'réunion', 'section'],
  'à l’': ['assemblée', 'exécutif'],
};

/** « Convocation au conseil municipal du jeudi 10 décembre 2026 ». @param {string} assembly @param {string} at */
export function subjectOf(assembly, at) {
  const [first] = assembly.toLocaleLowerCase('fr').split(' ');
  const article = Object.entries(articles).find(([, words]) => words.includes(first))?.[0];
  const what = article ? article + assembly[0].toLocaleLowerCase('fr') + assembly.slice(1) : `à la séance «\u00a0${assembly}\u00a0»`;
  return `Convocation ${what} du ${moment(at).split(' à ')[0].replace('\u00a0', ' ')}`; // a subject is found again by typing it
}

// --- The reminder ---

/** When a draft reminds, « 2026-12-08T09:00 » of the collectivité's own clock; empty when it does not. @param {Text} it */
export function remindsAt(it) {
  const until = it.replies_until || it.meeting?.at;
  if (!it.remind_days || !until) return '';
  const day = new Date(`${until.slice(0, 10)}T09:00:00Z`);
  day.setUTCDate(day.getUTCDate() - it.remind_days);
  return day.toISOString().slice(0, 16);
}

/** Says when a reminder leaves, or why it will not. @param {Text} it @param {string} where the zone */
export function remindWords(it, where) {
  const at = remindsAt(it);
  if (!at) return it.remind_days ? 'Sans séance ni fin des réponses, aucun rappel ne partira.' : '';
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: where, dateStyle: 'short', timeStyle: 'short' }); // 2026-12-08 09:00
  return at > clock.format().replace(' ', 'T')
    ? `Il partira le ${moment(at)}.`
    : `Le ${moment(at)} est déjà passé\u00a0: ce rappel ne partira pas.`;
}

// --- Two versions ---

const copiers = /** @type {HTMLButtonElement[]} */ ([...$('conflict-dialog').querySelectorAll('[data-copies]')]);

for (const button of copiers) {
  button.hidden = !navigator.clipboard; // without a secure address there is none: the text can be selected
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText($(button.dataset.copies ?? '').textContent);
    button.textContent = 'Copié';
  });
}

/** Which version stays: « mine », « theirs », nothing when it was left. @param {Text} mine @param {string} assembly the name of mine @param {Draft} theirs */
export function chooseVersion(mine, assembly, theirs) {
  $('conflict-mine').textContent = inWords(mine, assembly);
  $('conflict-theirs').textContent = inWords(theirs, theirs.meeting?.assembly_name ?? '');
  for (const button of copiers) button.textContent = 'Copier ce texte';
  return choose($('conflict-dialog'));
}

const occasions = { first_after_renewal: 'première séance après le renouvellement général', second_call: 'deuxième convocation' };

/** A version as somebody may keep it elsewhere. @param {Text} it @param {string} assembly */
function inWords(it, assembly) {
  const meeting = it.meeting;
  const lines = [
    ['Séance', meeting && meetingOf(assembly, meeting.at)],
    ['Cas particulier', occasions[/** @type {'second_call'} */ (meeting?.occasion)]],
    ['Lieu', meeting?.place],
    ['Signataire', meeting?.signatory],
    ['Motif de l’urgence', meeting?.urgent],
    ['Ordre du jour', meeting?.agenda.map((item) => `\n– ${item}`).join('')],
    ['Participation à distance', meeting?.remote && 'proposée'],
    ['Suppléants', meeting?.substitutes && 'proposés'],
    ['À', names(it.to)],
    ['Copie à', names(it.cc)],
    ['Copie cachée à', names(it.bcc)],
    ['Objet', it.subject],
    ['Réponses jusqu’au', it.replies_until && moment(it.replies_until)],
    ['Liens ouverts', plural(it.link_days, 'jour')],
    ['Rappel', it.remind_days && `${plural(it.remind_days, 'jour')} avant`],
    ['Mot de passe', it.password && 'changé'],
  ];
  return [...lines.filter(([, what]) => what).map(([which, what]) => `${which}\u00a0: ${what}`), '', it.message].join('\n').trim();
}
