// @ts-check
/**
 * A8, import of contacts: the file goes to the files store, the server reads it and says what each line would do;
 * nothing is written before « Importer », which may be pressed twice without harm.
 *
 * @typedef {{line: number, address: string, name: string, other: string}} Question
 * @typedef {{name: string, encoding: string, separator: string, header: boolean, counts: Record<string, number>, groups_created: string[],
 *   contacts: {line: number, address: string, name: string, groups: string[], state: string}[],
 *   errors: {line: number, code: string, message: string, cells: string[]}[], confirm: Question[]}} Preview
 */
import './assets/chrome.js';
import { ApiError, post } from './assets/api.js';
import { $, rows } from './assets/stamp.js';
import { announce, busy, calm, number, plural, problem, sentence, wrong } from './assets/tell.js';
import { dropZone, sendFile } from './assets/upload.js';

const input = $('import-file');
const apply = $('import-apply');

let id = '';
let reading = false;
/** @type {Preview} */
let preview;

// --- Déposer ---

/** @param {File | undefined} file */
const take = (file) => file && reads(() => send(file));

/** Runs one way to come to a preview: not twice at once, refusals shown. @param {() => Promise<void>} act */
async function reads(act) {
  if (reading) return;
  reading = true;
  input.disabled = true;
  wrong(input, '');
  calm();
  try {
    await act();
  } catch (error) {
    wrong(input, sentence(error));
  } finally {
    reading = false;
    input.disabled = false;
    input.value = '';
    $('uploading').hidden = true;
  }
  if (input.getAttribute('aria-invalid')) input.focus();
}

/** @param {File} file */
async function send(file) {
  showProgress(`Envoi de ${file.name}…`, 0);
  const asked = await post('/api/imports', { name: file.name, size: file.size });
  await sendFile(asked.upload, file, (share) => showProgress(`Envoi de ${file.name}…`, share)).done;
  await look(asked.id);
}

/** Has a file read that has arrived. @param {string} of */
async function look(of) {
  showProgress('Lecture du fichier…', null);
  try {
    preview = await post(`/api/imports/${of}/preview`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'import_busy') throw error;
    return problem(error, () => reads(() => look(of)));
  }
  id = of;
  showPreview();
}

/** @param {string} words @param {number | null} share null: nobody knows */
function showProgress(words, share) {
  $('uploading').hidden = false;
  $('uploading-text').textContent = words;
  if (share === null) $('upload-progress').removeAttribute('value');
  else $('upload-progress').value = Math.round(share * 100);
}

input.addEventListener('change', () => take(input.files?.[0]));
dropZone($('step-file'), (files) => take(files[0]));

// --- Vérifier ---

/** @type {Record<string, string>} */
const encodings = { 'windows-1252': 'Windows-1252', macintosh: 'Mac Roman' };

const separators = { ';': 'point-virgule', ',': 'virgule', '\t': 'tabulation', '|': 'barre verticale' };

function showPreview() {
  const { counts, contacts, confirm, errors } = preview;
  const separator = separators[/** @type {';'} */ (preview.separator)] ?? preview.separator;
  $('read-as').textContent = `${preview.name}\u00a0: ${[
    `texte ${encodings[preview.encoding] ?? preview.encoding.toUpperCase()}`,
    separator && `séparateur ${separator}`,
    preview.header ? 'première ligne\u00a0: des titres' : 'pas de ligne de titres',
  ].filter(Boolean).join(', ')}.`;
  showCounters(counts);
  const made = [...preview.groups_created].sort((a, b) => a.localeCompare(b, 'fr', { numeric: true }));
  $('new-groups').textContent = made.length ? `${made.length < 2 ? 'Groupe à créer' : 'Groupes à créer'}\u00a0: ${made.join(', ')}` : 'Aucun groupe à créer.';
  rows($('import-lines'), $('import-line'), contacts, line);
  $('import-contacts').hidden = $('lines-title').hidden = contacts.length === 0;
  $('only-first').hidden = counts.contacts <= contacts.length;
  $('only-first').textContent = `Les ${number(contacts.length)} premiers sur ${number(counts.contacts)} sont montrés\u00a0; tous seront importés.`;
  showErrors(errors, counts.errors);
  ask(confirm);
  offerResume('');
  apply.textContent = `Importer ${plural(counts.contacts, 'contact')}`;
  apply.hidden = counts.contacts === 0;
  step(1, 'check');
  announce(`${plural(counts.contacts, 'contact lu', 'contacts lus')}, ${plural(counts.errors, 'ligne en erreur', 'lignes en erreur')}.`, true);
}

/** @param {Record<string, number>} counts */
function showCounters(counts) {
  const all = [
    ['contacts', 'Contact', 'Contacts', ''],
    ['new', 'Nouveau', 'Nouveaux', ''],
    ['changed', 'Modifié', 'Modifiés', ''],
    ['unchanged', 'Inchangé', 'Inchangés', ''],
    ['merged', 'Ligne réunie à une autre', 'Lignes réunies à une autre', ''],
    ['confirm', 'Question', 'Questions', ''],
    ['errors', 'Ligne en erreur', 'Lignes en erreur', 'alert'],
  ];
  const shown = all.filter(([key]) => key === 'contacts' || key === 'new' || counts[key] > 0);
  rows($('import-counters'), $('counter'), shown, ([key, one, many, look]) => ({
    key, count: number(counts[key]), label: counts[key] < 2 ? one : many, look,
  }));
}

/** @type {Record<string, [string, string]>} */
const effects = { new: ['Nouveau', 'good'], changed: ['Modifié', 'wait'], unchanged: ['Inchangé', ''], ask: ['Question', 'wait'] };

/** @param {Preview['contacts'][number]} it */
function line(it) {
  const [state, look] = effects[it.state] ?? [it.state, ''];
  return { key: String(it.line), name: it.name || '(sans nom)', address: it.address, groups: it.groups.join(', '), state, look };
}

/** @param {Preview['errors']} errors @param {number} total */
function showErrors(errors, total) {
  $('import-errors').hidden = total === 0;
  $('errors-title').textContent = plural(total, 'ligne en erreur', 'lignes en erreur');
  rows($('error-lines'), $('error-line'), errors, (it) => ({
    key: String(it.line), line: `Ligne ${it.line}`, message: it.message, cells: it.cells.join(' · '),
  }));
  $('only-first-errors').hidden = total <= errors.length;
  $('only-first-errors').textContent = `Les ${number(errors.length)} premières sur ${number(total)} sont montrées\u00a0; aucune ne sera importée.`;
}

/** @param {Question[]} questions */
function ask(questions) {
  $('decisions').hidden = questions.length === 0;
  $('questions').replaceChildren();
  rows($('questions'), $('question'), questions, (it) => ({
    key: String(it.line),
    title: `Ligne ${it.line}\u00a0: «\u00a0${it.name}\u00a0» et «\u00a0${it.other}\u00a0»`,
    address: it.address,
  }));
}

/** The answers by line; null when one is missing. @returns {Record<string, string> | null} */
function decisions() {
  /** @type {Record<string, string>} */
  const answers = {};
  for (const question of $('questions').children) {
    const choice = question.querySelector('input:checked');
    if (!choice) {
      question.querySelector('input').focus();
      return null;
    }
    answers[question.dataset.key] = choice.value;
  }
  return answers;
}

// --- Importer ---

apply.addEventListener('click', () => busy(apply, async () => {
  const answers = decisions();
  if (!answers) return announce('Répondez d’abord à cette question.');
  await run(id, answers);
}));

/**
 * Applies an import. An answer that is lost says nothing of the import, which may go on or have stopped half-way: asking
 * again with the same decisions goes on where it ended, or tells what it has done.
 * @param {string} of @param {Record<string, string>} answers
 */
async function run(of, answers) {
  $('applying').hidden = false;
  try {
    showDone(await post(`/api/imports/${of}/apply`, { decisions: answers }));
    offerResume('');
  } catch (error) {
    const why = resumable(error);
    offerResume(why, () => run(of, answers));
    if (!why) throw error;
  } finally {
    $('applying').hidden = true;
  }
}

/** Why an import is worth asking for again; empty when it is not. @param {unknown} error */
function resumable(error) {
  if (!(error instanceof ApiError)) return '';
  if (error.code === 'import_busy') {
    return 'Un import est encore en cours\u00a0: le vôtre, ou celui d’une autre personne. Reprenez dans un instant\u00a0: rien ne sera en double.';
  }
  if (!error.passing) return '';
  if (error.code !== 'no_answer' && error.code !== 'unknown') return error.message;
  return 'La réponse s’est perdue. L’import continue peut-être sans vous, ou s’est arrêté en chemin. Reprenez-le\u00a0: ce qui est fait reste fait, et rien ne sera en double.';
}

/** @param {string} why empty: nothing to resume @param {() => Promise<void>} [again] */
function offerResume(why, again) {
  const box = $('unheard');
  const resume = $('import-resume');
  box.hidden = !why;
  apply.hidden = Boolean(why);
  box.querySelector('p').textContent = why;
  resume.onclick = again ? () => busy(resume, again) : null;
  if (why) resume.focus();
}

/** @param {{imported: number, unchanged: number, groups_created: number}} done */
function showDone(done) {
  $('imported').textContent = plural(done.imported, 'contact importé', 'contacts importés');
  const more = [];
  if (done.unchanged) more.push(plural(done.unchanged, 'contact était déjà à jour', 'contacts étaient déjà à jour'));
  if (done.groups_created) more.push(plural(done.groups_created, 'groupe créé', 'groupes créés'));
  $('imported-more').textContent = more.length ? `${more.join(', ')}.` : '';
  step(2, 'done');
  announce($('imported').textContent, true);
}

$('import-again').addEventListener('click', () => step(0, 'file'));
$('decisions').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());

/** @param {number} index @param {'file'|'check'|'done'} name */
function step(index, name) {
  [...$('steps').children].forEach((it, i) => (i === index ? it.setAttribute('aria-current', 'step') : it.removeAttribute('aria-current')));
  for (const other of ['file', 'check', 'done']) $(`step-${other}`).hidden = other !== name;
  $(`step-${name}`).querySelector('[tabindex="-1"]').focus();
  scrollTo({ top: 0 });
}
