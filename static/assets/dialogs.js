// @ts-check
/**
 * What is said of a whole draft: the dialog that sends it, the one that compares two versions, the subject that is
 * proposed. Loaded when one of them is wanted, not with the page.
 *
 * @typedef {import('./combobox.js').Entry} Entry
 * @typedef {import('./meeting.js').Meeting} Meeting
 * @typedef {import('../composer.js').Text} Text
 * @typedef {import('../composer.js').Draft} Draft
 */
import { post } from './api.js';
import { long } from './dates.js';
import { look } from './meeting.js';
import { $, fill, rows } from './stamp.js';
import { choose, number, plural } from './tell.js';

/** « jeudi 10 décembre 2026 à 18 h 30 »: a time of the collectivité's own clock. @param {string} at « 2026-12-10T18:30 » */
const moment = (at) => long(`${at}:00Z`, 'UTC');

/** « Conseil municipal, jeudi 10 décembre 2026 à 18 h 30 ». @param {string} assembly its name @param {string} at */
const meetingOf = (assembly, at) => [assembly, at && moment(at)].filter(Boolean).join(', ');

/** « ENN ; Deuf, John », or « ENN (4) ; Deuf, John ». @param {Entry[]} entries @param {boolean} [counted] */
function names(entries, counted = false) {
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

// --- Sending ---

/**
 * Asks whether to send what the server has, and sends it. Gives « sent », « mend » when it is too late and something can
 * be done about it, nothing when it was left. Errors: what the server refused.
 * @param {string} path @param {Draft} draft as it is now @param {string} documents their names @param {string} way what can be done when it is too late
 * @returns {Promise<string>}
 */
export function confirmSending(path, draft, documents, way) {
  const { head_count: n, meeting, delay } = draft;
  const late = delay?.level === 'red';
  $('send-title').textContent = late ? 'Cette convocation ne peut pas partir' : n ? `Envoyer à ${plural(n, 'personne')}\u00a0?` : 'Envoyer la convocation\u00a0?';
  fact('meeting', meeting ? meetingOf(meeting.assembly_name ?? '', meeting.at) : '');
  fact('place', meeting?.place ?? '');
  fact('subject', draft.subject);
  for (const name of /** @type {const} */ (['to', 'cc', 'bcc'])) fact(name, names(draft[name], true));
  fact('documents', documents || 'Aucun');
  fact('password', draft.has_password ? 'Demandé à l’ouverture. Donnez-le par téléphone.' : 'Aucun');
  if (delay) fill($('send-delay'), look(delay));
  $('send-delay').hidden = !delay;
  rows($('send-warnings'), $('warning'), draft.warnings, ({ code, text }) => ({ key: code, text }));
  $('send-mend').textContent = way;
  $('send-mend').hidden = !late;
  $('send-confirm').hidden = $('send-about').hidden = late;
  $('send-error').hidden = true;
  return new Promise((resolve, reject) => {
    /** @type {unknown} */
    let refused = null;
    $('send-confirm').onclick = () => launch(path, draft.version).then((sent) => sent && resolve('sent'), (error) => {
      refused = error;
      $('send-dialog').close();
    });
    choose($('send-dialog')).then((value) => (refused ? reject(refused) : resolve(value)));
  });
}

/** @param {string} name @param {string} what */
function fact(name, what) {
  const told = $(`send-${name}`);
  told.textContent = what;
  told.hidden = told.previousElementSibling.hidden = !what;
}

/** Sends once. What may pass is told in the dialog, which stays. @param {string} path @param {number} version @returns {Promise<boolean>} */
async function launch(path, version) {
  const button = $('send-confirm');
  if (button.getAttribute('aria-busy')) return false;
  button.setAttribute('aria-busy', 'true');
  try {
    await post(`${path}/send`, { version });
    return true;
  } catch (/** @type {any} */ error) {
    if (!error.passing) throw error;
    // It may have been heard: asking again is harmless.
    $('send-error').textContent = `${error.message} Appuyez de nouveau sur «\u00a0Envoyer\u00a0»\u00a0: personne ne recevra deux courriels.`;
    $('send-error').hidden = false;
    return false;
  } finally {
    button.removeAttribute('aria-busy');
  }
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
    ['Mot de passe', it.password && 'changé'],
  ];
  return [...lines.filter(([, what]) => what).map(([which, what]) => `${which}\u00a0: ${what}`), '', it.message].join('\n').trim();
}
