// @ts-check
/**
 * What the server says of a convocation that has left. No page loads this file: it is for whoever reads the others, and for
 * their type checker.
 *
 * @typedef {{id: string, name: string, address: string, type: 'to'|'cc'|'bcc', state: string, delivered_at: string, auto_replied_at: string, reason: string, first_sent_at: string,
 *   last_sent_at: string, sendings: number, read_at: string, replied_at: string, reply_started: boolean, closed_at: string,
 *   can_resend: boolean, person: string, presence: string, holder: string, holder_person: string, holds: string[], withdrawn: string,
 *   on_behalf: boolean, replies: number, doubted_at: string, on_paper: boolean, substitute_of: string, reached_at: string, in_time: boolean,
 *   address_at: string, locked_until: string, documents: {id: string, at: string}[], tries: number, can_remind: boolean, reminded_at: string,
 *   can_vouch: boolean, vouched_at: string, blocked: boolean, returned_at: string, delayed_at: string, complained_at: string}} Recipient
 * @typedef {{recipients: number, transmitted: number, read: number, replied: number, failed: number, review: number,
 *   waiting: number, paper: number, doubted: number, returned: number, delivered: number}} Counts
 * @typedef {{assembly: string, at: string, place: string, agenda: string[], urgent: string, members: number,
 *   councillors: {person: string, name: string, hindered: string}[], offered: string[], in_time: number, heard: boolean, arrived: number,
 *   opened: number, last: string, clear_days: number, article: string, present: number, remote: number, substituted: number,
 *   absent: number, represented: number, undecided: number, silent: number, attending: number, quorum: number,
 *   likely: boolean}} Meeting
 * @typedef {{id: string, subject: string, message: string, state: string, sent_at: string, to: string, cc: string, bcc: string,
 *   documents: import('./upload.js').Doc[], counts: Counts, recipients: Recipient[], meeting: Meeting | null,
 *   replies_until: string, has_password: boolean, sending: {planned_for: string, paused_at: string, cancelled_at: string, why: string,
 *   since: string, reminds_at: string}, counted_at: string, next: string}} Follow
 * @typedef {{path: string, follow: () => Follow, zone: () => string, maySend: () => boolean, refresh: () => Promise<void>,
 *   sendAgain: (it: Recipient) => Promise<string>, remind: (it: Recipient) => Promise<string>,
 *   sendTo: (list: Recipient[]) => Promise<string>, whole: () => boolean}} Page
 * @typedef {{version: number, at: string, text: string, documents: {id: string, name: string, kind: string, size: number, scan: string}[],
 *   presence: string, holder: string, behalf: {by: string, way: string, reason: string} | null}} Version
 */
export {};
