// @ts-check
/**
 * The facts of a follow-up in words: what became of a mail and of its recipient, and of a meeting who comes, whether that
 * makes a quorum, who holds whose proxy, and three facts about the sending. Facts with their totals, never a verdict.
 *
 * @typedef {import('./follow.types.js').Recipient} Recipient
 * @typedef {import('./follow.types.js').Follow} Follow
 * @typedef {import('./follow.types.js').Meeting} Meeting
 */
import { clock, long, seconds } from './dates.js';
import { $, rows } from './stamp.js';
import { number, plural } from './tell.js';

const namedReplies = 3; // above, new replies are counted

/** How the field that named a recipient is called. */
export const types = { to: 'Destinataire', cc: 'Copie', bcc: 'Copie cachée' };

/** Words and look of the states of one sending. @type {Record<string, [string, string]>} */
export const states = {
  pending: ['En attente d’envoi', 'wait'],
  calling: ['Envoi en cours', 'wait'],
  sent: ['Accepté par le serveur', 'good'],
  returned: ['Courriel revenu', 'bad'],
  failed: ['Non envoyé', 'bad'],
  retry: ['Nouvel essai prévu', 'wait'],
  unknown: ['Vérification en cours', 'wait'],
  review: ['À vérifier', 'bad'],
  paper: ['À convoquer par courrier', 'wait'],
};

/** What a secretary notes of a presence, of one person or of many. @type {Record<string, [string, string]>} */
const presences = {
  present: ['Présence', 'Présences'],
  remote: ['Présence à distance', 'Présences à distance'],
  substitute: ['Suppléance', 'Suppléances'],
  absent: ['Absence sans pouvoir', 'Absences sans pouvoir'],
  proxy: ['Pouvoir', 'Pouvoirs'],
  undecided: ['Ne sait pas encore', 'Ne savent pas encore'],
  silent: ['Sans réponse', 'Sans réponse'],
};

/** Opened, maybe by a program (« ouverture à vérifier »). @param {Recipient} it */
export const doubtful = (it) => it.doubted_at !== '' && it.read_at === '';

/** « Pouvoir à Bruno Petit »; empty for no presence. @param {string} presence @param {string} holder */
export function answer(presence, holder) {
  if (presence === 'proxy') return `Pouvoir à ${holder}`;
  return presence === 'absent' ? 'Absence' : presences[presence]?.[0] ?? '';
}

/** What became of a proxy whose holder will not be there. @param {Recipient} it */
export const fallen = (it) => (it.withdrawn ? `Pouvoir retiré\u00a0: ${it.withdrawn} ne viendra pas` : '');

/** Tells whether somebody counts for the quorum. @param {Follow} now @param {Recipient} it */
export const isCouncillor = (now, it) => now.meeting?.councillors.some((one) => one.person === it.person) ?? false;

/** Tells whether what counts left after the last legal sending. @param {Follow} now @param {Recipient} it */
export const late = (now, it) => isCouncillor(now, it) && it.reached_at !== '' && !it.in_time;

/** The counter that a recipient stands behind, empty for those who are not of the assembly. @param {Follow} now @param {Recipient} it */
export const presenceOf = (now, it) => (isCouncillor(now, it) ? it.presence || 'silent' : '');

// --- One recipient ---

/**
 * A row of the table.
 * @param {Follow} now @param {Recipient} it @param {string} where @param {boolean} maySend
 */
export function view(now, it, where, maySend) {
  const [state, look] = it.state === 'sent' && it.delivered_at ? ['Remis à la messagerie', 'good'] : states[it.state] ?? [it.state, ''];
  const who = it.name || it.address;
  return {
    key: it.id,
    name: who,
    stands: it.substitute_of ? `suppléant de ${it.substitute_of}` : '',
    local: it.name ? it.address.replace(/@.*/, '') : '',
    domain: it.name ? it.address.replace(/^[^@]*/, '') : '',
    state,
    look,
    reason: it.reason,
    auto: it.auto_replied_at ? `Réponse automatique reçue le ${seconds(it.auto_replied_at, where)}` : '',
    corrected: it.address_at ? `Adresse corrigée le ${seconds(it.address_at, where)}` : '',
    type: types[it.type],
    guest: now.meeting !== null && it.type === 'to' && !isCouncillor(now, it),
    ...moment('first', it.first_sent_at, '—', where),
    late: late(now, it),
    ...moment('last', it.last_sent_at, '—', where),
    sendings: number(it.sendings),
    ...reading(it, where),
    ...replying(it, where),
    selectName: `Sélectionner ${who}`,
    seeName: `Voir la réponse de ${who}`,
    detailName: `Détails de ${who}`,
    canResend: it.can_resend && maySend,
    resendName: `Envoyer à nouveau à ${who}`,
  };
}

/** The cell « Lecture ». @param {Recipient} it @param {string} where */
function reading(it, where) {
  const unread = it.on_paper ? '—' : it.closed_at ? `Non, lien fermé le ${seconds(it.closed_at, where)}` : 'Non';
  return {
    doubted: doubtful(it),
    ...moment('read', it.read_at || it.doubted_at, unread, where),
    locked: it.locked_until ? `Mots de passe faux\u00a0: bloqué jusqu’à ${clock(it.locked_until, where)}` : '',
  };
}

/** The cell « Réponse ». A second address of somebody who replied has her answer, and no reply of its own. @param {Recipient} it @param {string} where */
function replying(it, where) {
  const said = answer(it.presence, it.holder);
  const elsewhere = said && !it.replies ? 'par son autre adresse' : '';
  return {
    answer: said,
    fallen: fallen(it),
    holds: it.holds.length ? `Pouvoir reçu\u00a0: ${it.holds.join(', ')}` : '',
    begun: it.reply_started,
    ...moment('replied', it.replied_at, elsewhere || (it.reply_started ? '' : it.type === 'to' ? 'Non' : '—'), where),
    behalf: it.on_behalf,
    hasReply: it.replies > 0,
  };
}

/** A time in two parts, so that a narrow column breaks between them. @param {string} name @param {string} utc @param {string} without @param {string} where */
function moment(name, utc, without, where) {
  const [day, hour] = utc ? seconds(utc, where).split(' à ') : [without, ''];
  return { [`${name}Day`]: day, [`${name}Hour`]: hour && `à ${hour}` };
}

// --- The meeting ---

/**
 * The quorum before the meeting: a mark of another shape, a word, and the figures.
 * @param {Meeting} m
 * @returns {{look: string, verdict: string, figures: string}}
 */
export function quorum(m) {
  const announced = plural(m.attending, 'présence annoncée', 'présences annoncées');
  const members = `${plural(m.members, 'membre')} en exercice`;
  if (!m.quorum) return { look: 'free', verdict: 'Aucun quorum nécessaire', figures: `${announced} (${members})` };
  const needed = `${number(m.quorum)}\u00a0${m.quorum < 2 ? 'nécessaire' : 'nécessaires'}`;
  return {
    look: m.likely ? 'reached' : 'short',
    verdict: `Quorum prévisible\u00a0: ${m.likely ? 'atteint' : 'pas atteint'}`,
    figures: `${announced} sur ${needed} (${members})`,
  };
}

/** « Transmise dans le délai 29/29 · remise à la messagerie 28 · ouverte 27 ». @param {Meeting} m */
export function facts(m) {
  const sent = m.clear_days ? 'Transmise dans le délai' : 'Transmise avant la séance';
  return `${sent} ${number(m.in_time)}/${number(m.councillors.length)}${m.heard ? ` · remise à la messagerie ${number(m.arrived)}` : ''} · ouverte ${number(m.opened)}`;
}

/** The last legal sending and its source. @param {Meeting} m @param {string} where */
export function delay(m, where) {
  if (!m.clear_days) return 'Aucun texte ne fixe de délai pour cette assemblée.';
  const source = m.article ? `art. ${m.article}` : 'règles de l’assemblée';
  const days = m.urgent ? 'délai d’urgence' : plural(m.clear_days, 'jour franc', 'jours francs');
  return `Dernier envoi légal\u00a0: ${long(m.last, where)} (${days}, ${source}).`;
}

/** @param {Follow} now @param {string} where the zone @param {string} filter the counter that is pressed */
export function showMeeting(now, where, filter) {
  const m = now.meeting;
  $('meeting').hidden = !m;
  if (!m) return;
  $('meeting-title').textContent = [m.assembly, long(m.at, where), m.place].filter(Boolean).join(', ');
  $('meeting-urgent').hidden = !m.urgent;
  $('meeting-urgent').textContent = `Convoquée en urgence\u00a0: ${m.urgent}`;
  showPresences(m, filter);
  showQuorum(m);
  showProxies(now);
  $('facts').textContent = facts(m);
  $('facts-delay').textContent = delay(m, where);
  $('agenda-shown').hidden = !m.agenda.length;
  $('agenda-title').textContent = `Ordre du jour (${plural(m.agenda.length, 'point')})`;
  rows($('agenda'), $('agenda-item'), m.agenda.map((item, i) => ({ key: String(i), item })), (it) => it);
}

/** @param {Meeting} m @param {string} filter */
export function showPresences(m, filter) {
  const counts = [
    ['present', m.present], ['remote', m.remote], ['substitute', m.substituted], ['absent', m.absent], ['proxy', m.represented],
    ['undecided', m.undecided], ['silent', m.silent],
  ];
  const seldom = ['remote', 'substitute'];
  const shown = counts.filter(([key, n]) => n || key === filter || !seldom.includes(String(key)));
  rows($('presences'), $('counter'), shown, ([key, n]) => ({
    key: String(key), count: number(Number(n)), label: presences[key][Number(n) < 2 ? 0 : 1], look: '', pressed: String(key === filter),
  }));
}

/** @param {Meeting} m */
function showQuorum(m) {
  const { look, verdict, figures } = quorum(m);
  $('quorum').className = `quorum ${look}`;
  $('quorum-verdict').textContent = verdict;
  $('quorum-figures').textContent = figures;
  $('quorum-bar').hidden = !m.quorum;
  $('quorum-bar').max = m.quorum || 1;
  $('quorum-bar').value = Math.min(m.attending, m.quorum);
}

/** Each proxy once, whatever the number of her addresses. @param {Follow} now */
function showProxies(now) {
  const all = new Map(now.recipients.filter((it) => it.presence === 'proxy' || it.withdrawn).map((it) => [it.person, it]));
  $('proxies').hidden = !all.size;
  rows($('proxy-list'), $('proxy-row'), [...all.values()], (it) => ({
    key: it.person, giver: it.name || it.address, gives: it.withdrawn ? 'avait donné pouvoir à' : 'donne pouvoir à', holder: it.withdrawn || it.holder, fallen: fallen(it),
  }));
}

// --- What came in ---

/** What came in, briefly; empty when nothing did. @param {Follow} before @param {Follow} after */
export function news(before, after) {
  const [old, fresh] = [before.counts, after.counts];
  const all = [];
  if (before.state === 'sending' && old.waiting && !fresh.waiting) all.push(`Envoi terminé\u00a0: ${plural(fresh.transmitted, 'courriel accepté', 'courriels acceptés')} par le serveur sur ${number(fresh.recipients)}`);
  if (fresh.read > old.read) all.push(plural(fresh.read - old.read, 'nouvelle lecture', 'nouvelles lectures'));
  if (fresh.failed > old.failed) all.push(plural(fresh.failed - old.failed, 'courriel non envoyé', 'courriels non envoyés'));
  const known = new Map(before.recipients.map((it) => [it.id, it]));
  const replied = after.recipients.filter((it) => it.replies > (known.get(it.id)?.replies ?? 0));
  if (replied.length) all.push(newReplies(replied));
  for (const it of after.recipients) {
    if (it.withdrawn && it.replies && !known.get(it.id)?.withdrawn) all.push(`${it.name || it.address}, ${fallen(it)}`);
  }
  return all.length ? `${all.join('. ')}.` : '';
}

/** « 1 nouvelle réponse : Anne Dupont, pouvoir à Bruno Petit ». @param {Recipient[]} list */
function newReplies(list) {
  const told = plural(list.length, 'nouvelle réponse', 'nouvelles réponses');
  if (list.length > namedReplies) return told;
  const each = list.map((it) => {
    const said = answer(it.presence, it.holder);
    return [it.name || it.address, said && said[0].toLowerCase() + said.slice(1)].filter(Boolean).join(', ');
  });
  return `${told}\u00a0: ${each.join('\u00a0; ')}`;
}
