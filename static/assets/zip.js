// @ts-check
/**
 * Puts documents into one ZIP file, here in the browser: those of a draft have no such file on the server. They are
 * stored as they are: what is accepted is compressed already.
 */
import { ApiError } from './api.js';
import { el } from './stamp.js';

const day = 1 << 5 | 1; // 1980-01-01, the first that ZIP knows: a draft's documents have no date worth keeping
const utf8 = 0x0800; // general purpose flag: names are UTF-8

const remainders = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = remainders[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/** Little-endian numbers, each with its width in bytes. @param {...[number, number]} fields */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return view.buffer;
}

/** Two documents of one name: the second is « name (2).pdf ». @param {string} name @param {Set<string>} taken */
function unique(name, taken) {
  const [, stem, ext] = /^(.*?)(\.[^.]*)?$/s.exec(name) ?? [name, name, ''];
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem} (${n})${ext ?? ''}`;
  taken.add(free.toLowerCase());
  return free;
}

/**
 * @param {{name: string, bytes: Uint8Array<ArrayBuffer>}[]} files under 4 GB together
 * @returns {Blob}
 */
export function zip(files) {
  const body = [];
  const directory = [];
  const taken = new Set();
  let offset = 0;
  for (const { name, bytes } of files) {
    const title = new TextEncoder().encode(unique(name, taken));
    /** @type {[number, number][]} version, flag, method, time, date, checksum, both sizes, lengths of the name and of the rest */
    const about = [[2, 20], [2, utf8], [2, 0], [2, 0], [2, day], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, title.length], [2, 0]];
    directory.push(record([4, 0x02014b50], [2, 20], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), title);
    body.push(record([4, 0x04034b50], ...about), title, bytes);
    offset += 30 + title.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.byteLength, 0);
  const n = files.length;
  return new Blob([...body, ...directory, record([4, 0x06054b50], [2, 0], [2, 0], [2, n], [2, n], [4, size], [4, offset], [2, 0])], { type: 'application/zip' });
}

/**
 * Fetches documents and gives them to the person as one file.
 * @param {string} name of the file
 * @param {{name: string, address: () => Promise<{url: string}>}[]} documents
 * @param {(done: number) => void} progress
 */
export async function saveZip(name, documents, progress) {
  const files = [];
  for (const it of documents) {
    progress(files.length);
    const { url } = await it.address();
    const bytes = await fetch(url, { credentials: 'omit' }).then((answer) => (answer.ok ? answer.arrayBuffer() : null), () => null);
    if (!bytes) throw new ApiError(0, 'no_answer', `«\u00a0${it.name}\u00a0» n’a pas pu être téléchargé. Vérifiez votre connexion, puis réessayez.`);
    files.push({ name: it.name, bytes: new Uint8Array(bytes) });
  }
  const url = URL.createObjectURL(zip(files));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
