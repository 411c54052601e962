// @ts-check
/**
 * Dates as people read them, in the collectivité's own zone. The server writes the same ones: dates.vectors.json
 * holds both to it. No-break spaces stand only where the long form must not break: « 1er décembre », « 18 h 30 ».
 */

const days = ['dimanche', 'lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi'];
const months = ['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre', 'décembre'];

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone an IANA name */
function format(zone) {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23',
      year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    });
    formats.set(zone, found);
  }
  return found;
}

/** @param {string} utc @param {string} zone @returns {Record<string, string>} */
function parts(utc, zone) {
  return Object.fromEntries(format(zone).formatToParts(new Date(utc)).map((part) => [part.type, part.value]));
}

/** « jeudi 10 décembre 2026 à 18 h 30 ». @param {string} utc RFC 3339 @param {string} zone */
export function long(utc, zone) {
  const p = parts(utc, zone);
  const weekday = days[new Date(Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day))).getUTCDay()];
  const day = p.day === '01' ? '1er' : String(Number(p.day));
  return `${weekday} ${day}\u00a0${months[Number(p.month) - 1]} ${p.year} à ${Number(p.hour)}\u00a0h\u00a0${p.minute}`;
}

/** « 10/12/2026 à 18:30 »; empty for a time that is not there. @param {string} utc RFC 3339 @param {string} zone */
export function table(utc, zone) {
  if (!utc) return '';
  const p = parts(utc, zone);
  return `${p.day}/${p.month}/${p.year} à ${p.hour}:${p.minute}`;
}

/** « 10/12/2026 à 18:30:07 »: times that are proof. @param {string} utc RFC 3339 @param {string} zone */
export function seconds(utc, zone) {
  return utc ? `${table(utc, zone)}:${parts(utc, zone).second}` : '';
}

/** « 18:30 ». @param {string} utc RFC 3339 @param {string} zone */
export function clock(utc, zone) {
  const p = parts(utc, zone);
  return `${p.hour}:${p.minute}`;
}
