package store

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/table"
)

// The key schema. No other file of the project builds a key. <s> is the SIREN, times are 2006-01-02T15:04:05.000Z.
//
//	table     partition               sort                             item
//	data      <s>#settings            collectivity                     name, phone, time zone…
//	data      <s>#settings            assembly#<asm>                   an assembly and its rules
//	data      <s>#directory           contact#<ctc>                    a person
//	data      <s>#directory           group#<grp>                      a group
//	data      <s>#directory           groupname#<folded name>          which group has the name
//	data      <s>#directory           member#<grp>#<ctc>               « members of G »
//	data      <s>#directory           of#<ctc>#<grp>                   « groups of a person »
//	data      <s>#directory           address#<address>#<ctc>          « who is behind this address »
//	data      <s>#directory           byname#<folded name>#<ctc>       contacts sorted by name
//	data      <s>#directory           byrank#<rank>#<folded name>#<ctc>  contacts with a rank (4 digits), sorted by it
//	data      <s>#directory           is#<state>#<ctc>                 contacts that are inactive, without mail…
//	data      <s>#directory           like#<sorted words>#<ctc>        two who may be one person stand together
//	data      <s>#directory           sub#<ctc>#<ctc>                  « suppléants of a person »
//	data      <s>#directory           w#<word>#<ctc>                   prefix search
//	data      <s>#directory           count                            how many contacts there are
//	data      <s>#imports             import#<imp>                     an import, its choices and its result
//	data      <s>#imports             line#<imp>#<line, 7 digits>      what was chosen for a line of it
//	data      <s>#convocations        at#<last change>#<cnv>           the list, newest change first
//	data      <s>#<cnv>               head                             the convocation
//	data      <s>#<cnv>               doc#<doc>                        a document
//	data      <s>#<cnv>               order#<ord>                      an order to send
//	data      <s>#<cnv>               totals                           what was counted of a large convocation
//	data      <s>#<cnv>               register                         who comes, and who holds whose proxy
//	data      <s>#<cnv>#r<shard>      rcp#<rcp>                        a recipient with its facts
//	data      <s>#<cnv>#r<shard>      draft#<rcp>                      a reply that is not sent
//	data      <s>#<cnv>#r<shard>      reply#<rcp>#<version, 6 digits>  a validated reply
//	data      <s>#<cnv>#r<shard>      rdoc#<rcp>#<doc>                 a document of a reply
//	data      <s>#<cnv>#r<shard>      notice#<rcp>#<ntc>               a mail about an answer, with its facts
//	data      <s>#journal             <time>#<evt>                     an event
//	accounts  user#<folded login>     user                             a user
//	accounts  user#<folded login>     seen#<time>                      a sign-in, tried or done
//	accounts  session#<sha256>        session                          a session
//	accounts  collectivities          entry#<s>                        the registry: a collectivité and what is above it
//	accounts  members#<s>             member#<folded login>            who has a role in it
//	accounts  members#<s>             invited#<sha256>                 an invitation to it that waits
//	accounts  operators               operator#<folded login>          who keeps the installation
//	accounts  ticket#<sha256>         ticket                           a link that was sent to a user, good for once
//	accounts  journal#<s>             <time>#<evt>                     an event that concerns its users
//	accounts  invitation              invitation                       the first administrator's, until used
//	accounts  installation            secret#<name>                    keys of this installation
//	accounts  installation            mailbox#<digest>                 how far a mailbox of returned mail was read
//	agenda    agenda                  <due>#<s>#<cnv>#<what>#<ord>     what is due when
//	agenda    pump                    pump                             how fast mails leave, and why none do
//
// Every part is non-empty and free of '#': an empty one would widen a query to its neighbours. <folded name> of a group
// and <folded login> are written by exact: two of them are never one key.

const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// join builds a key and panics on an empty part or one that holds '#': a bug of ours, never input.
func join(parts ...string) string {
	for _, p := range parts {
		if p == "" || strings.Contains(p, "#") {
			panic(fmt.Sprintf("store: key part %q in %q", p, parts))
		}
	}
	return strings.Join(parts, "#")
}

// prefix is the beginning that all keys with these parts share.
func prefix(parts ...string) string { return join(parts...) + "#" }

// text makes free text fit for a key part by which is sorted or searched, and in which two texts may be one: '#' and
// control characters become spaces, nothing becomes a dash, what is long is cut.
func text(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '#' || r < ' ' {
			return ' '
		}
		return r
	}, s))
	if s == "" {
		return "-"
	}
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}

// exact makes free text fit for a key part that tells two texts apart: '%' stands in front of the code of '#', of itself
// and of control characters, alone for nothing, and with a dash in front of the hash of what is long.
func exact(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r == '#' || r == '%' || r < ' ' {
			fmt.Fprintf(&out, "%%%02X", r)
		} else {
			out.WriteRune(r)
		}
	}
	switch part := out.String(); {
	case part == "":
		return "%"
	case len(part) > 200:
		return fmt.Sprintf("%s%%-%x", strings.ToValidUTF8(part[:160], ""), sha256.Sum256([]byte(s)))
	default:
		return part
	}
}

func settingsPartition(s collectivity.ID) string     { return join(string(s), "settings") }
func directoryPartition(s collectivity.ID) string    { return join(string(s), "directory") }
func importsPartition(s collectivity.ID) string      { return join(string(s), "imports") }
func convocationsPartition(s collectivity.ID) string { return join(string(s), "convocations") }
func journalPartition(s collectivity.ID) string      { return join(string(s), "journal") }

func collectivityKey(s collectivity.ID) table.Key {
	return table.Key{Partition: settingsPartition(s), Sort: "collectivity"}
}

func assemblyKey(s collectivity.ID, a convocation.AssemblyID) table.Key {
	return table.Key{Partition: settingsPartition(s), Sort: join("assembly", string(a))}
}

func contactKey(s collectivity.ID, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("contact", string(c))}
}

func groupKey(s collectivity.ID, g directory.GroupID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("group", string(g))}
}

func groupNameKey(s collectivity.ID, folded string) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("groupname", exact(folded))}
}

func memberKey(s collectivity.ID, g directory.GroupID, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("member", string(g), string(c))}
}

func memberOfKey(s collectivity.ID, c directory.ContactID, g directory.GroupID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("of", string(c), string(g))}
}

func addressKey(s collectivity.ID, a directory.Address, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("address", addressPart(a), string(c))}
}

// addressPart writes an address as a key part: RFC 5322 allows '#' in a local part, '%' stands in front of its code.
func addressPart(a directory.Address) string {
	return strings.NewReplacer("%", "%25", "#", "%23").Replace(string(a))
}

// addressOf reads what addressPart wrote.
func addressOf(part string) directory.Address {
	return directory.Address(strings.NewReplacer("%25", "%", "%23", "#").Replace(part))
}

func byNameKey(s collectivity.ID, folded string, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("byname", text(folded), string(c))}
}

func byRankKey(s collectivity.ID, rank int, folded string, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("byrank", fmt.Sprintf("%04d", rank), text(folded), string(c))}
}

func stateKey(s collectivity.ID, state ContactState, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("is", string(state), string(c))}
}

func likenessKey(s collectivity.ID, words string, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("like", text(words), string(c))}
}

func substituteKey(s collectivity.ID, of, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("sub", string(of), string(c))}
}

func contactCountKey(s collectivity.ID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: "count"}
}

func wordKey(s collectivity.ID, word string, c directory.ContactID) table.Key {
	return table.Key{Partition: directoryPartition(s), Sort: join("w", text(word), string(c))}
}

func importKey(s collectivity.ID, id string) table.Key {
	return table.Key{Partition: importsPartition(s), Sort: join("import", id)}
}

func importLineKey(s collectivity.ID, id string, line int) table.Key {
	return table.Key{Partition: importsPartition(s), Sort: join("line", id, fmt.Sprintf("%07d", line))}
}

func listKey(s collectivity.ID, changed time.Time, c convocation.ID) table.Key {
	return table.Key{Partition: convocationsPartition(s), Sort: join("at", stamp(changed), string(c))}
}

func convocationPartition(s collectivity.ID, c convocation.ID) string {
	return join(string(s), string(c))
}

func headKey(s collectivity.ID, c convocation.ID) table.Key {
	return table.Key{Partition: convocationPartition(s, c), Sort: "head"}
}

func documentKey(s collectivity.ID, c convocation.ID, d convocation.DocumentID) table.Key {
	return table.Key{Partition: convocationPartition(s, c), Sort: join("doc", string(d))}
}

func registerKey(s collectivity.ID, c convocation.ID) table.Key {
	return table.Key{Partition: convocationPartition(s, c), Sort: "register"}
}

func totalsKey(s collectivity.ID, c convocation.ID) table.Key {
	return table.Key{Partition: convocationPartition(s, c), Sort: "totals"}
}

func orderKey(s collectivity.ID, c convocation.ID, o convocation.OrderID) table.Key {
	return table.Key{Partition: convocationPartition(s, c), Sort: join("order", string(o))}
}

func recipientsPartition(s collectivity.ID, c convocation.ID, shard int) string {
	return join(string(s), string(c), fmt.Sprintf("r%d", shard))
}

// recipientKey is where a recipient is kept, or a notice to her: both have attempts, written by the same code.
func recipientKey(s collectivity.ID, r convocation.RecipientRef) table.Key {
	sort := join("rcp", string(r.Recipient))
	if r.Notice != "" {
		sort = join("notice", string(r.Recipient), string(r.Notice))
	}
	return table.Key{Partition: recipientsPartition(s, r.Convocation, r.Shard), Sort: sort}
}

// replies is the part of a key under which a recipient's replies are. It panics for a notice, which has none: a bug of ours.
func replies(r convocation.RecipientRef) string {
	if r.Notice != "" {
		panic(fmt.Sprintf("store: a reply to the notice %q", r.Notice))
	}
	return string(r.Recipient)
}

func draftKey(s collectivity.ID, r convocation.RecipientRef) table.Key {
	return table.Key{Partition: recipientsPartition(s, r.Convocation, r.Shard), Sort: join("draft", replies(r))}
}

func replyKey(s collectivity.ID, r convocation.RecipientRef, version int) table.Key {
	return table.Key{
		Partition: recipientsPartition(s, r.Convocation, r.Shard),
		Sort:      join("reply", replies(r), fmt.Sprintf("%06d", version)),
	}
}

func replyDocumentKey(s collectivity.ID, r convocation.RecipientRef, d convocation.DocumentID) table.Key {
	return table.Key{
		Partition: recipientsPartition(s, r.Convocation, r.Shard),
		Sort:      join("rdoc", replies(r), string(d)),
	}
}

func eventKey(s collectivity.ID, at time.Time, id string) table.Key {
	return table.Key{Partition: journalPartition(s), Sort: join(stamp(at), id)}
}

func userKey(login string) table.Key {
	return table.Key{Partition: join("user", exact(login)), Sort: "user"}
}

func seenKey(login string, at time.Time) table.Key {
	return table.Key{Partition: join("user", exact(login)), Sort: join("seen", stamp(at))}
}

func sessionKey(digest string) table.Key {
	return table.Key{Partition: join("session", digest), Sort: "session"}
}

const registryPartition = "collectivities"

func entryKey(s collectivity.ID) table.Key {
	return table.Key{Partition: registryPartition, Sort: join("entry", string(s))}
}

func membersPartition(s collectivity.ID) string { return join("members", string(s)) }

func userOfKey(s collectivity.ID, login string) table.Key {
	return table.Key{Partition: membersPartition(s), Sort: join("member", exact(login))}
}

func invitedKey(s collectivity.ID, digest string) table.Key {
	return table.Key{Partition: membersPartition(s), Sort: join("invited", digest)}
}

const operatorsPartition = "operators"

func operatorKey(login string) table.Key {
	return table.Key{Partition: operatorsPartition, Sort: join("operator", exact(login))}
}

func ticketKey(digest string) table.Key {
	return table.Key{Partition: join("ticket", digest), Sort: "ticket"}
}

func userEventsPartition(s collectivity.ID) string { return join("journal", string(s)) }

func userEventKey(s collectivity.ID, at time.Time, id string) table.Key {
	return table.Key{Partition: userEventsPartition(s), Sort: join(stamp(at), id)}
}

func invitationKey() table.Key {
	return table.Key{Partition: "invitation", Sort: "invitation"}
}

func secretKey(name string) table.Key {
	return table.Key{Partition: "installation", Sort: join("secret", name)}
}

func mailboxKey(digest string) table.Key {
	return table.Key{Partition: "installation", Sort: join("mailbox", digest)}
}

const agendaPartition = "agenda"

func agendaKey(e AgendaEntry) table.Key {
	return table.Key{
		Partition: agendaPartition,
		Sort:      join(stamp(e.Due), string(e.Collectivity), string(e.Convocation), string(e.What), string(e.Order)),
	}
}

func pumpKey() table.Key { return table.Key{Partition: "pump", Sort: "pump"} }
