package store

import (
	"context"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/rights"
	"convoc/shared/table"
)

// Ticket is what a link means that was sent to a user by mail, and that is good for once.
type Ticket struct {
	What         TicketWhat
	Login        string // whose password it lets choose anew; empty: an invitation
	Generation   int64  // of that user's sessions: once they were ended, it is good for nothing
	Collectivity collectivity.ID
	Role         rights.Role
	Name, Mail   string    // of whoever is invited
	By           string    // login of who invited
	CreatedAt    time.Time // of an invitation that is sent again, the last time
	Until        time.Time
	UsedBy       string // login; empty: it can still be used
}

// TicketWhat says what a ticket is good for.
type TicketWhat string

// What tickets are good for.
const (
	TicketInvitation TicketWhat = "invitation"
	TicketReset      TicketWhat = "reset"
)

func ticketAttrs(t Ticket) table.Attrs {
	a := newAttrs()
	a.text("what", string(t.What))
	a.text("login", t.Login)
	a.int("generation", t.Generation)
	a.text("collectivity", string(t.Collectivity))
	a.text("role", string(t.Role))
	a.text("name", t.Name)
	a.text("mail", t.Mail)
	a.text("by", t.By)
	a.time("created", t.CreatedAt)
	a.time("until", t.Until)
	a.text("used", t.UsedBy)
	a.forget(t.Until, ticketKept)
	return a.Attrs
}

func ticketOf(at table.Attrs) Ticket {
	return Ticket{
		What: TicketWhat(at.Text("what")), Login: at.Text("login"), Generation: at.Int("generation"), Collectivity: collectivity.ID(at.Text("collectivity")),
		Role: rights.Role(at.Text("role")), Name: at.Text("name"), Mail: at.Text("mail"), By: at.Text("by"),
		CreatedAt: timeOf(at, "created"), Until: timeOf(at, "until"), UsedBy: at.Text("used"),
	}
}

// Ticket reads one by the digest of its token. Errors: table.ErrNotFound.
func (a *Accounts) Ticket(ctx context.Context, digest string) (Ticket, error) {
	item, err := a.table.Get(ctx, ticketKey(digest))
	if err != nil {
		return Ticket{}, err
	}
	return ticketOf(item.Attrs), nil
}

// Invitations lists those to a collectivité that wait, by the digest of their token.
func (a *Accounts) Invitations(ctx context.Context, s collectivity.ID) (map[string]Ticket, error) {
	all := map[string]Ticket{}
	q := table.Query{Partition: membersPartition(s), Prefix: prefix("invited")}
	err := each(ctx, a.table, q, func(i table.Item) bool {
		_, digest, _ := cutLast(i.Key.Sort)
		all[digest] = ticketOf(i.Attrs)
		return true
	})
	return all, err
}

// TicketMade keeps a ticket under the digest of its token; an invitation stands in the list of its collectivité too.
func TicketMade(digest string, t Ticket) Part {
	p := Part{table.Put(ticketKey(digest), ticketAttrs(t))}
	if t.What == TicketInvitation {
		p = append(p, table.Put(invitedKey(t.Collectivity, digest), ticketAttrs(t)))
	}
	return p
}

// TicketUsed ends a ticket, which must not have been used.
func TicketUsed(digest string, t Ticket, by string) Part {
	used := table.Update(ticketKey(digest), []table.Change{table.Set("used", table.Text(by))}, table.ItemPresent(), table.Absent("used"))
	return append(Part{used}, uninvited(digest, t)...)
}

// TicketGone takes a ticket back, which must be there and not used.
func TicketGone(digest string, t Ticket) Part {
	gone := table.Delete(ticketKey(digest), table.ItemPresent(), table.Absent("used"))
	return append(Part{gone}, uninvited(digest, t)...)
}

func uninvited(digest string, t Ticket) Part {
	if t.What != TicketInvitation {
		return nil
	}
	return Part{table.Delete(invitedKey(t.Collectivity, digest))}
}
