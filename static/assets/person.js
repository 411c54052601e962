// @ts-check
/**
 * One person of a convocation: what happened, in order, her replies, and what the secretary can do about them. It is
 * loaded when it is first asked for: most looks at the follow-up need none of it.
 *
 * While a dialog is open the page behind it is inert: what happens is said in the dialog, never in the page.
 *
 * @typedef {import('./follow.types.js').Recipient} Recipient
 * @typedef {import('./follow.types.js').Follow} Follow
 * @typedef {import('./follow.types.js').Page} Page
 * @typedef {import('./follow.types.js').Version} Version
 */
import { ApiError, get, post } from './api.js';
import { clock, long, seconds } from './dates.js';
import { answer, doubtful, fallen, isCouncillor, late, states, types } from './facts.js';
import { $, openDialog, rows, stamp } from './stamp.js';
import { choose, forgive, number, onSubmit, openDocument, plural, sentence, size } from './tell.js';

/** How a reply came that the secretary recorded. @type {Record<string, string>} */
const ways = { phone: 'd’après un appel', paper: 'd’après un papier', mail: 'd’après un courriel', mouth: 'd’après ce qui a été dit de vive voix' };

/** What an antivirus says of a document. @type {Record<string, string>} */
const scans = { not_scanned: 'non analysé', pending: 'analyse par l’antivirus en cours' };

/** Where a refusal belongs that names no field. @type {Record<string, string>} */
const fields = {
  presence_missing: 'presence', presence_invalid: 'presence', proxy_guest: 'presence', proxy_holder_missing: 'holder',
  proxy_holder_unknown: 'holder', proxy_self: 'holder', proxy_taken: 'holder', proxy_holder_absent: 'holder',
  reply_empty: 'text', reply_too_long: 'text', behalf_way_unknown: 'way', behalf_reason_missing: 'reason',
};

/** @type {Page} */
let page;
let shown = ''; // the recipient whose panel is open, or was
/** @type {Version[]} */
let versions = []; // of that recipient, the newest first
let recorded = ''; // the recipient that the form was drawn for
let after = 0; // her replies when it was drawn

const find = () => page.follow().recipients.find((it) => it.id === shown);
const named = (/** @type {Recipient} */ it) => it.name || it.address;
const base = (/** @type {string} */ id) => `${page.path}/recipients/${id}`;
const when = (/** @type {string} */ utc) => seconds(utc, page.zone());

// --- The panel ---

/** Opens the panel of a person. @param {Page} from @param {Recipient} it */
export async function showPerson(from, it) {
  page = from;
  shown = it.id;
  versions = it.replies ? (await get(`${base(it.id)}/reply`)).versions : [];
  $('person-told').textContent = '';
  $('person-error').hidden = true;
  draw(it);
  openDialog($('person-dialog'));
}

/** Draws the panel again, when it is open, from what the page knows now. @param {Page} from */
export async function renew(from) {
  page = from;
  const it = find();
  if (!$('person-dialog').open || !it) return;
  draw(it);
  if (it.replies === (versions[0]?.version ?? 0)) return;
  const { versions: fresh } = await get(`${base(it.id)}/reply`).catch(() => ({ versions })); // the next refresh asks again
  if (shown !== it.id) return;
  versions = fresh;
  draw(it);
}

/** @param {Recipient} it */
function draw(it) {
  $('person-title').textContent = named(it);
  rows($('person-facts'), $('person-fact'), factsOf(it), ([term, text]) => ({ key: term, term, text }));
  const happened = happenings(it);
  rows($('timeline'), $('happening'), happened, (one) => ({ ...one, when: when(one.at) }));
  $('timeline-none').hidden = happened.length > 0;
  $('timeline').hidden = !happened.length;
  const may = page.maySend();
  $('person-reply').hidden = !it.replies;
  $('person-record').hidden = !may || it.type !== 'to';
  $('person-address').hidden = !may;
  $('person-address').textContent = it.on_paper ? 'Indiquer une adresse' : 'Corriger l’adresse';
  $('person-resend').hidden = !may || !it.can_resend || it.can_vouch; // it stands with the question
  $('person-remind').hidden = !may || !it.can_remind;
  $('person-review').hidden = !may || !it.can_vouch;
  $('person-unblock').hidden = !may || !it.blocked;
  $('person-revoke').hidden = !may || !it.sendings || it.closed_at !== '';
}

/** What is so now. @param {Recipient} it @returns {[string, string][]} */
function factsOf(it) {
  const now = page.follow();
  const said = answer(it.presence, it.holder);
  /** @type {[string, string][]} */
  const all = [
    ['Adresse', it.address || 'aucune'],
    ['Type', types[it.type]],
    ['Courriel', [it.delivered_at && it.state === 'sent' ? 'Remis à la messagerie' : states[it.state]?.[0] ?? it.state, it.reason].filter(Boolean).join('. ')],
    ['Tentatives', it.tries ? `${number(it.tries)}, dont ${plural(it.sendings, 'acceptée', 'acceptées')} par le serveur` : ''],
    ['Remis le', it.delivered_at && when(it.delivered_at)],
    ['Envoi qui compte', isCouncillor(now, it) && it.reached_at ? `${when(it.reached_at)}, ${late(now, it) ? 'après le dernier envoi légal' : 'dans le délai'}` : ''],
    ['Réponse', said && [said, fallen(it), it.on_behalf ? 'enregistrée par le secrétariat' : ''].filter(Boolean).join(' · ')],
    ['Pouvoir reçu', it.holds.join(', ')],
    ['Mot de passe', it.locked_until ? `plusieurs essais faux, bloqué jusqu’à ${clock(it.locked_until, page.zone())}` : ''],
  ];
  return all.filter(([, text]) => text);
}

/** What happened, the oldest first. @param {Recipient} it @returns {{key: string, at: string, what: string, more: string}[]} */
function happenings(it) {
  const names = new Map(page.follow().documents.map((doc) => [doc.id, doc.name]));
  const all = [
    { key: 'first', at: it.first_sent_at, what: 'Courriel accepté par le serveur', more: '' },
    { key: 'last', at: it.sendings > 1 && when(it.last_sent_at) !== when(it.reminded_at) ? it.last_sent_at : '', what: 'Dernier envoi', more: `${number(it.sendings)} envois en tout` },
    { key: 'delivered', at: it.delivered_at, what: 'Remis à la messagerie', more: '' },
    { key: 'delayed', at: it.delayed_at, what: 'Livraison retardée', more: it.delivered_at || it.returned_at ? '' : 'le service d’envoi essaie encore' },
    { key: 'returned', at: it.returned_at, what: 'Courriel revenu', more: it.reason },
    { key: 'complained', at: it.complained_at, what: 'Signalé comme indésirable', more: 'par cette personne ou sa messagerie. Téléphonez-lui' },
    { key: 'reminded', at: it.reminded_at, what: 'Dernier rappel', more: 'ne compte pas comme un envoi' },
    { key: 'vouched', at: it.vouched_at, what: 'Arrivée confirmée par le secrétariat', more: '' },
    { key: 'auto', at: it.auto_replied_at, what: 'Réponse automatique reçue', more: 'de la messagerie\u00a0: ni lecture, ni réponse' },
    { key: 'address', at: it.address_at, what: 'Adresse corrigée', more: it.address },
    { key: 'doubted', at: doubtful(it) ? it.doubted_at : '', what: 'Ouverture à vérifier', more: 'peut-être un programme qui examine les courriels' },
    { key: 'read', at: it.read_at, what: 'Convocation ouverte', more: '' },
    ...it.documents.map((doc) => ({ key: doc.id, at: doc.at, what: 'Document ouvert', more: names.get(doc.id) ?? '' })),
    ...versions.map((one) => ({
      key: `reply-${one.version}`, at: one.at, what: `Réponse n°\u00a0${one.version}${one.behalf ? ' enregistrée par le secrétariat' : ''}`,
      more: answer(one.presence, one.holder),
    })),
    { key: 'closed', at: it.closed_at, what: 'Liens fermés', more: '' },
  ];
  return all.filter((one) => one.at).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/**
 * An act of the panel on the person it shows: not twice at once, outcome and failure told in the panel.
 * @param {string} name @param {(it: Recipient) => Promise<string | void>} what gives what to say
 */
function act(name, what) {
  const button = $(name);
  button.addEventListener('click', async () => {
    const it = find();
    if (!it || button.getAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    $('person-error').hidden = true;
    $('person-told').textContent = '';
    try {
      tell(await what(it) ?? '');
    } catch (error) {
      $('person-error').textContent = sentence(error);
      $('person-error').hidden = false;
    } finally {
      button.removeAttribute('aria-busy');
      if (!button.checkVisibility()) $('person-title').focus(); // nothing is left to press there
    }
  });
}

/** @param {string} text */
function tell(text) {
  $('person-told').textContent = text;
}

act('person-reply', (it) => showReply(page, it));
act('person-record', async (it) => record(it));
act('person-address', async (it) => askAddress(it));
act('person-resend', (it) => page.sendAgain(it));
act('person-again', (it) => page.sendAgain(it));
act('person-remind', (it) => page.remind(it));
act('person-vouch', async (it) => {
  const m = page.follow().meeting;
  const passed = m !== null && isCouncillor(page.follow(), it) && Date.now() > Date.parse(m.last);
  $('vouch-title').textContent = `Le courriel est-il arrivé chez ${named(it)}\u00a0?`;
  $('vouch-late').hidden = !passed;
  if (m && passed) $('vouch-late').textContent = `Le dernier envoi légal était le ${long(m.last, page.zone())}\u00a0: pour cette personne, l’envoi sera hors délai.`;
  if (await choose($('vouch-dialog')) !== 'vouch') return '';
  await post(`${base(it.id)}/vouch`);
  await page.refresh();
  return 'C’est noté\u00a0: le courriel est arrivé.';
});
act('person-unblock', async (it) => {
  $('unblock-title').textContent = `Débloquer ${it.address}\u00a0?`;
  if (await choose($('unblock-dialog')) !== 'unblock') return '';
  const { resent } = await post(`${base(it.id)}/unblock`);
  await page.refresh();
  return resent ? 'L’adresse est débloquée\u00a0: un courriel part.' : 'Aucun courriel ne part\u00a0: un autre vient de partir.';
});
act('person-revoke', async (it) => {
  $('revoke-title').textContent = `Fermer les liens de ${named(it)}\u00a0?`;
  if (await choose($('revoke-dialog')) !== 'revoke') return '';
  await post(`${base(it.id)}/revoke`);
  await page.refresh();
  return 'Ses liens sont fermés.';
});

// --- A reply that came another way ---

/** @param {Recipient} it */
function record(it) {
  if (recorded !== it.id) $('record-form').reset(); // what was typed for the same person is still there
  recorded = it.id;
  forgive($('record-form'));
  drawRecord(it);
  openDialog($('record-dialog'));
}

/** @param {Recipient} it */
function drawRecord(it) {
  const m = page.follow().meeting;
  after = it.replies;
  $('record-who').textContent = [it.name, it.address].filter(Boolean).join(', ');
  $('record-already').hidden = !it.replies;
  $('record-already').textContent = `Une réponse est déjà là\u00a0: ${[answer(it.presence, it.holder), when(it.replied_at)].filter(Boolean).join(', le ')}. Celle que vous saisissez prendra sa place\u00a0; les deux sont gardées.`;
  $('record-presence').hidden = !m;
  $('record-proxies').hidden = !m;
  $('record-text-label').textContent = m ? 'Un mot à ajouter (facultatif)' : 'Texte de la réponse';
  const offered = (m?.offered ?? []).filter((key) => key !== 'proxy' || isCouncillor(page.follow(), it));
  rows($('record-choices'), $('presence-choice'), offered, (key) => ({ key, label: key === 'proxy' ? 'Absence, avec pouvoir' : answer(key, '') }));
  drawHolders(it);
  drawHolding();
}

/** Who may hold her proxy, and why others cannot; whoever holds it now may go on. @param {Recipient} it */
function drawHolders(it) {
  const others = (page.follow().meeting?.councillors ?? []).filter((one) => one.person !== it.person);
  const chosen = $('record-holder').value;
  $('record-holder').replaceChildren(new Option('Choisissez', ''), ...others.map((one) => {
    const why = one.person === it.holder_person ? '' : one.hindered;
    const option = new Option(why ? `${one.name} – ${why}` : one.name, one.person);
    option.disabled = why !== '';
    return option;
  }));
  $('record-holder').value = others.some((one) => one.person === chosen) ? chosen : '';
}

const presence = () => String(new FormData($('record-form')).get('presence') ?? '');
const drawHolding = () => { $('record-holding').hidden = presence() !== 'proxy'; };

$('record-choices').addEventListener('change', drawHolding);
$('record-cancel').addEventListener('click', () => $('record-dialog').close());
onSubmit($('record-form'), async () => {
  const chosen = page.follow().meeting ? presence() : '';
  try {
    await post(`${base(recorded)}/reply`, {
      after, presence: chosen, holder: chosen === 'proxy' ? $('record-holder').value : '', text: $('record-text').value,
      way: $('record-way').value, reason: $('record-reason').value,
    });
  } catch (error) {
    throw await placed(error);
  }
  $('record-form').reset();
  $('record-dialog').close();
  tell('Réponse enregistrée.');
  await page.refresh();
});

/** A refusal, next to what it is about. When another reply came first, it is shown before anything is repeated. @param {any} error */
async function placed(error) {
  if (!(error instanceof ApiError)) return error;
  if (error.code === 'changed_meanwhile') {
    await page.refresh();
    const it = page.follow().recipients.find((one) => one.id === recorded);
    if (it) drawRecord(it);
    return new ApiError(error.status, error.code, 'Une autre réponse est arrivée entre-temps\u00a0: elle est indiquée plus haut. Enregistrez à nouveau si la vôtre doit prendre sa place.');
  }
  error.field ||= fields[error.code] ?? '';
  return error;
}

// --- Another address ---

/** @param {Recipient} it */
function askAddress(it) {
  const m = page.follow().meeting;
  forgive($('address-form'));
  $('address-title').textContent = it.on_paper ? 'Indiquer une adresse' : 'Corriger l’adresse';
  $('address-who').textContent = [it.name, it.address].filter(Boolean).join(', ');
  $('address').value = it.address;
  const passed = m !== null && isCouncillor(page.follow(), it) && Date.now() > Date.parse(m.last);
  $('address-late').hidden = !passed;
  if (m && passed) $('address-late').textContent = `Le dernier envoi légal était le ${long(m.last, page.zone())}\u00a0: pour cette personne, l’envoi sera hors délai.`;
  openDialog($('address-dialog'));
  $('address').select();
}

$('address-cancel').addEventListener('click', () => $('address-dialog').close());
onSubmit($('address-form'), async () => {
  const { resent } = await post(`${base(shown)}/address`, { address: $('address').value.trim() });
  $('address-dialog').close();
  tell(resent ? 'Adresse corrigée\u00a0: un courriel part, avec un lien neuf.' : 'Cette adresse est déjà la sienne\u00a0: aucun courriel ne part.');
  await page.refresh();
});

// --- Her replies ---

/** Opens her replies, the newest first. @param {Page} from @param {Recipient} it */
export async function showReply(from, it) {
  page = from;
  const { name, address, versions: all } = await get(`${base(it.id)}/reply`);
  $('reply-title').textContent = `Réponse de ${name || address}`;
  $('reply-address').textContent = name ? address : '';
  $('reply-fallen').hidden = !it.withdrawn;
  $('reply-fallen').textContent = `${fallen(it)}. Cette personne compte comme absente, sans pouvoir.`;
  $('reply-error').hidden = true;
  $('versions').replaceChildren(...all.map((/** @type {Version} */ one, /** @type {number} */ i) => versionOf(one, i, base(it.id))));
  openDialog($('reply-dialog'));
}

/** @param {Version} version @param {number} i 0 is the newest @param {string} from */
function versionOf(version, i, from) {
  const { behalf } = version;
  const done = behalf ? 'enregistrée par le secrétariat' : 'envoyée';
  const section = stamp($('version'), {
    title: `${i === 0 ? done[0].toUpperCase() + done.slice(1) : `Version précédente, ${done}`} le ${when(version.at)}`,
    look: behalf ? 'recorded' : '',
    behalf: behalf ? `Enregistrée par ${behalf.by} ${ways[behalf.way] ?? ''}\u00a0: ${behalf.reason}` : '',
    answer: answer(version.presence, version.holder),
    text: version.text,
  });
  const list = /** @type {HTMLElement} */ (section.querySelector('ul'));
  list.hidden = !version.documents.length;
  rows(list, $('reply-document'), version.documents, (doc) => ({
    key: doc.id,
    name: doc.name,
    about: [doc.kind, size(doc.size), scans[doc.scan]].filter(Boolean).join(' · '),
    downloadName: `Télécharger ${doc.name}`,
  }));
  list.addEventListener('click', (event) => download(event, from));
  return section;
}

/** @param {Event} event @param {string} from */
async function download(event, from) {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  const doc = /** @type {HTMLElement | null | undefined} */ (button?.closest('li'))?.dataset.key;
  if (!button || !doc) return;
  $('reply-error').hidden = true;
  try {
    await openDocument(() => post(`${from}/documents/${doc}/download`));
  } catch (error) {
    $('reply-error').textContent = sentence(error);
    $('reply-error').hidden = false;
  }
}
