// @ts-check
/**
 * A8, import of contacts: the file goes to the files store, the server reads it and says what each line would do; nothing is
 * written before « Importer », which goes on piece by piece until it is done. Left anywhere, it is found again here.
 *
 * @typedef {{line: number, lines: number, done: boolean, imported: number, new: number, changed: number, unchanged: number,
 *   errors: number, groups_created: number}} Progress
 * @typedef {Progress & {id: string, name: string, by: string, created_at: string, state: string, undo_till: string}} State
 */
import './assets/chrome.js';
import { ApiError, get, post } from './assets/api.js';
import { kept, show, unanswered } from './assets/importcheck.js';
import { $, rows } from './assets/stamp.js';
import { announce, busy, calm, choose, number, onSubmit, plural, problem, sentence, wrong } from './assets/tell.js';
import { dropZone, sendFile } from './assets/upload.js';

const input = $('import-file');
const apply = $('import-apply');

let id = '';
let reading = false;

// --- Déposer ---

/** @param {File | undefined} file */
const take = (file) => file && reads(input, () => send(file));

/** Runs one way to come to a preview: not twice at once, refusals shown. @param {HTMLElement} field @param {() => Promise<void>} act */
async function reads(field, act) {
  if (reading) return;
  reading = true;
  input.disabled = true;
  wrong(input, '');
  wrong($('pasted'), '');
  calm();
  try {
    await act();
  } catch (error) {
    wrong(field, sentence(error));
  } finally {
    reading = false;
    input.disabled = false;
    input.value = '';
    $('uploading').hidden = true;
  }
  if (field.getAttribute('aria-invalid')) field.focus();
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
  let preview;
  try {
    preview = await post(`/api/imports/${of}/preview`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'import_busy') throw error;
    return problem(error, () => reads(input, () => look(of)));
  }
  remember(of);
  show(of, preview);
  step(1, 'check');
}

/** The import is in the address: who comes back finds it. @param {string} of */
function remember(of) {
  id = of;
  history.replaceState(null, '', of ? `?import=${of}` : location.pathname);
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
onSubmit($('paste'), () => {
  const text = $('pasted').value;
  if (text.trim()) return reads($('pasted'), () => send(new File([text], 'Lignes collées.txt', { type: 'text/plain' })));
  wrong($('pasted'), 'Collez d’abord des lignes.');
  $('pasted').focus();
  return Promise.resolve();
});

// --- Imports of the last day ---

/** @type {Record<string, [string, string]>} */
const states = {
  open: ['À vérifier', 'Reprendre'], under_way: ['Commencé, pas terminé', 'Continuer'], done: ['Terminé', 'Voir'],
  undoing: ['Annulation commencée, pas terminée', 'Continuer'], undone: ['Annulé', ''],
};

async function showRecent() {
  /** @type {{imports: State[]}} */
  const { imports } = await get('/api/imports');
  const shown = imports.filter((it) => it.state !== 'undone' && it.id !== id).slice(0, 10);
  $('recent').hidden = shown.length === 0 || !$('step-check').hidden;
  rows($('recent-imports'), $('recent-import'), shown, (it) => {
    const [state, act] = states[it.state] ?? [it.state, ''];
    const count = it.state === 'done' ? ` – ${plural(it.imported, 'contact')}` : '';
    return { key: it.id, name: it.name, state: state + count, act, label: `${act} ${it.name}` };
  });
}

$('recent-imports').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {Element} */ (event.target).closest('button');
  const of = /** @type {HTMLElement | null | undefined} */ (button?.closest('[data-key]'))?.dataset.key;
  if (button && of) busy(/** @type {HTMLButtonElement} */ (button), () => goOn(of));
});

/** Takes up an import where it stands. @param {string} of */
async function goOn(of) {
  /** @type {State} */
  const state = await get(`/api/imports/${of}`);
  if (state.state === 'open') return look(of).finally(() => { $('uploading').hidden = true; });
  remember(of);
  if (state.state === 'under_way') await run(of);
  else if (state.state === 'done') showDone(state, Boolean(state.undo_till) && new Date(state.undo_till) > new Date());
  else await takeBack(of);
}

// --- Importer ---

apply.addEventListener('click', () => busy(apply, async () => {
  await kept();
  if (unanswered()) return announce('Répondez d’abord à cette question.');
  await run(id);
}));

/**
 * Applies an import, piece by piece. An answer that is lost says nothing of the import: asking again goes on where it ended,
 * or tells what it has done.
 * @param {string} of
 */
async function run(of) {
  offerResume('');
  showRun('Import en cours', 0, '');
  for (;;) {
    /** @type {Progress} */
    let at;
    try {
      at = await post(`/api/imports/${of}/apply`);
    } catch (error) {
      const why = resumable(error);
      if (!why) {
        step(1, 'check');
        throw error;
      }
      return offerResume(why, () => run(of));
    }
    if (at.done) return showDone(at, true);
    showRun('Import en cours', at.lines ? at.line / at.lines : 0, `${plural(at.line, 'ligne')} sur ${number(at.lines)}`);
  }
}

/** @param {string} title @param {number} share @param {string} text */
function showRun(title, share, text) {
  $('run-title').textContent = title;
  $('run-text').textContent = text;
  if (share) $('run-progress').value = Math.round(share * 100);
  else $('run-progress').removeAttribute('value');
  if ($('step-run').hidden) step(2, 'run');
}

/** Why it is worth asking again; empty when it is not. @param {unknown} error */
function resumable(error) {
  if (!(error instanceof ApiError)) return '';
  if (error.code === 'import_busy') {
    return 'Un import est encore en cours\u00a0: le vôtre, ou celui d’une autre personne. Reprenez dans un instant\u00a0: rien ne sera en double.';
  }
  if (!error.passing) return '';
  if (error.code !== 'no_answer' && error.code !== 'unknown') return error.message;
  return 'La réponse s’est perdue. L’import s’est peut-être arrêté en chemin. Reprenez-le\u00a0: ce qui est fait reste fait, et rien ne sera en double.';
}

/** @param {string} why empty: nothing to resume @param {() => Promise<void>} [again] */
function offerResume(why, again) {
  const box = $('unheard');
  const resume = $('import-resume');
  box.hidden = !why;
  box.querySelector('p').textContent = why;
  resume.onclick = again ? () => busy(resume, again) : null;
  if (why) resume.focus();
}

/** @param {Progress} done @param {boolean} undoable */
function showDone(done, undoable) {
  $('imported').textContent = plural(done.imported, 'contact importé', 'contacts importés');
  const more = [];
  if (done.unchanged) more.push(plural(done.unchanged, 'contact était déjà à jour', 'contacts étaient déjà à jour'));
  if (done.groups_created) more.push(plural(done.groups_created, 'groupe créé', 'groupes créés'));
  if (done.errors) more.push(plural(done.errors, 'ligne n’a pas été importée', 'lignes n’ont pas été importées'));
  $('imported-more').textContent = more.length ? `${more.join(', ')}.` : '';
  $('faulty').href = `/api/imports/${id}/errors.csv`;
  $('faulty').hidden = !done.errors;
  $('undo').hidden = !undoable;
  $('kept').hidden = true;
  step(2, 'done');
  announce($('imported').textContent, true);
}

// --- Annuler ---

$('undo').addEventListener('click', () => busy($('undo'), async () => {
  if (await choose($('undo-dialog')) === 'undo') await takeBack(id);
}));

/** Undoes an import, piece by piece. @param {string} of */
async function takeBack(of) {
  offerResume('');
  showRun('Annulation en cours', 0, '');
  for (;;) {
    let at;
    try {
      at = await post(`/api/imports/${of}/undo`);
    } catch (error) {
      const why = resumable(error);
      if (!why) {
        step(2, 'done');
        throw error;
      }
      return offerResume(why, () => takeBack(of));
    }
    if (at.done) return showUndone(at);
    showRun('Annulation en cours', 0, plural(at.restored, 'contact remis', 'contacts remis'));
  }
}

/** @param {{restored: number, kept: {id: string, name: string}[]}} at */
function showUndone(at) {
  $('imported').textContent = 'Import annulé';
  $('imported-more').textContent = `${plural(at.restored, 'contact est redevenu ce qu’il était', 'contacts sont redevenus ce qu’ils étaient')}.${
    at.kept.length ? ` ${plural(at.kept.length, 'contact a changé depuis l’import et reste', 'contacts ont changé depuis l’import et restent')} comme ${at.kept.length < 2 ? 'il est' : 'ils sont'}\u00a0:` : ''}`;
  rows($('kept'), $('kept-contact'), at.kept, ({ id: key, name }) => ({ key, name: name || '(contact supprimé depuis)' }));
  $('kept').hidden = at.kept.length === 0;
  $('faulty').hidden = $('undo').hidden = true;
  step(2, 'done');
  announce('Import annulé.', true);
}

$('import-again').addEventListener('click', () => {
  remember('');
  step(0, 'file');
  showRecent().catch(problem);
});

/** @param {number} index @param {'file'|'check'|'run'|'done'} name */
function step(index, name) {
  [...$('steps').children].forEach((it, i) => (i === index ? it.setAttribute('aria-current', 'step') : it.removeAttribute('aria-current')));
  for (const other of ['file', 'check', 'run', 'done']) $(`step-${other}`).hidden = other !== name;
  if (name !== 'file') $('recent').hidden = true;
  $(`step-${name}`).querySelector('[tabindex="-1"]').focus();
  scrollTo({ top: 0 });
}

const asked = new URLSearchParams(location.search).get('import');
if (asked) goOn(asked).catch((error) => { step(0, 'file'); problem(error); });
else showRecent().catch(problem);
