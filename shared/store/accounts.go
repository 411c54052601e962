package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/table"
)

// Accounts reads and writes users, their sessions and sign-ins, for the whole installation.
type Accounts struct{ table table.Table }

// AccountsHandle gives the accounts to those who need them.
func (t Tables) AccountsHandle() *Accounts { return &Accounts{t.Accounts} }

// Tries is what is kept of tries to sign in, under a name that no login has: those for a login, those from an address.
type Tries struct {
	Until time.Time // when all that was tried is forgotten; zero: nothing was
	Right bool      // a right password has come once
}

// Tries reads them. Where nothing was tried there are none: that is no error.
func (a *Accounts) Tries(ctx context.Context, name string) (Tries, error) {
	item, err := a.table.Get(ctx, userKey(name))
	if isNotFound(err) {
		return Tries{}, nil
	}
	return Tries{timeOf(item.Attrs, "until"), item.Attrs.Bool("right")}, err
}

// ChangeTries puts others in their place. Errors: table.ErrCondition when they have changed since from was read.
func (a *Accounts) ChangeTries(ctx context.Context, name string, from, to Tries) error {
	changes := []table.Change{
		table.Set("v", table.Int(version)), table.Remove("until"), table.Remove("right"), table.Remove(ttl),
	}
	if !to.Until.IsZero() {
		changes[1] = table.Set("until", timeValue(to.Until))
		changes[3] = table.Set(ttl, ttlValue(to.Until, triesKept))
	}
	if to.Right {
		changes[2] = table.Set("right", table.Bool(true))
	}
	seen := []table.Cond{table.Absent("until"), table.Absent("right")}
	if !from.Until.IsZero() {
		seen[0] = table.Equals("until", timeValue(from.Until))
	}
	if from.Right {
		seen[1] = table.Present("right")
	}
	_, err := a.table.Write(ctx, table.Update(userKey(name), changes, seen...))
	return err
}

// How long the table keeps what is of no use any more. On AWS it removes it by itself (the attribute « ttl »); on one
// machine the runner asks for it.
const (
	sessionKept = 24 * time.Hour       // no session lives longer
	triesKept   = 24 * time.Hour       // after they are forgotten
	seenKept    = 400 * 24 * time.Hour // « Mes dernières connexions »: a year and a little
	ticketKept  = 30 * 24 * time.Hour  // after it has expired: whoever comes late is told so
)

// Session is a signed-in browser.
type Session struct {
	Login        string
	Collectivity collectivity.ID // for which she works; empty: she has not said
	Generation   int64           // of the user's sessions: those of another have ended
	CreatedAt    time.Time
	UsedAt       time.Time
}

func sessionAttrs(s Session) table.Attrs {
	at := newAttrs()
	at.text("login", s.Login)
	at.text("collectivity", string(s.Collectivity))
	at.int("generation", s.Generation)
	at.time("created", s.CreatedAt)
	at.time("used", s.UsedAt)
	at.forget(s.CreatedAt, sessionKept)
	return at.Attrs
}

// CreateSession writes a session under the digest of its token.
func (a *Accounts) CreateSession(ctx context.Context, digest string, s Session) error {
	return a.Commit(ctx, SessionBegun(digest, s))
}

// Session reads one. Errors: table.ErrNotFound.
func (a *Accounts) Session(ctx context.Context, digest string) (Session, error) {
	item, err := a.table.Get(ctx, sessionKey(digest))
	if err != nil {
		return Session{}, err
	}
	at := item.Attrs
	return Session{
		Login: at.Text("login"), Collectivity: collectivity.ID(at.Text("collectivity")), Generation: at.Int("generation"),
		CreatedAt: timeOf(at, "created"), UsedAt: timeOf(at, "used"),
	}, nil
}

// TouchSession notes that a session is in use. Errors: table.ErrCondition when it has ended.
func (a *Accounts) TouchSession(ctx context.Context, digest string, at time.Time) error {
	_, err := a.table.Write(ctx, table.Update(sessionKey(digest),
		[]table.Change{table.Set("used", timeValue(at))}, table.ItemPresent()))
	return err
}

// EndSession removes a session; one that is gone is no error.
func (a *Accounts) EndSession(ctx context.Context, digest string) error {
	_, err := a.table.Write(ctx, table.Delete(sessionKey(digest)))
	return err
}

// Seen is one sign-in, done or tried.
type Seen struct {
	At      time.Time
	Success bool
	Address string // shortened
	Browser string
}

// See records a sign-in under its time; one of the same millisecond takes the next free one.
func (a *Accounts) See(ctx context.Context, login string, s Seen) error {
	at := newAttrs()
	at.bool("success", s.Success)
	at.text("address", s.Address)
	at.text("browser", s.Browser)
	at.forget(s.At, seenKept)
	for try := range 50 {
		key := seenKey(login, s.At.Add(time.Duration(try)*time.Millisecond))
		_, err := a.table.Write(ctx, table.Put(key, at.Attrs, table.ItemAbsent()))
		if !isCondition(err) {
			return err
		}
	}
	return nil // fifty sign-ins in fifty milliseconds: the record says enough
}

// Sightings lists the newest sign-ins first, at most limit.
func (a *Accounts) Sightings(ctx context.Context, login string, limit int) ([]Seen, error) {
	var seen []Seen
	q := table.Query{Partition: userKey(login).Partition, Prefix: prefix("seen"), Reverse: true, Limit: limit}
	err := each(ctx, a.table, q, func(i table.Item) bool {
		_, stamp, _ := cutLast(i.Key.Sort)
		at, err := time.Parse(timeLayout, stamp)
		if err == nil {
			seen = append(seen, Seen{at, i.Attrs.Bool("success"), i.Attrs.Text("address"), i.Attrs.Text("browser")})
		}
		return len(seen) < limit
	})
	return seen, err
}

// PutInvitation keeps the digest of the first administrator's invitation; an older one is no longer valid.
// Errors: table.ErrCondition when there is an administrator, or the data are a demonstration's.
func (a *Accounts) PutInvitation(ctx context.Context, digest []byte, at time.Time) error {
	_, err := a.table.Write(ctx, table.Update(invitationKey(), []table.Change{
		table.Set("v", table.Int(version)), table.Set("digest", table.Bytes(digest)), table.Set("created", timeValue(at)),
	}, table.Absent("used")))
	return err
}

// UseInvitation creates the first user and ends the invitation, with what else is part of that, in one transaction.
// Errors: table.ErrCondition when the digest is not the invitation's, or it was used.
func (a *Accounts) UseInvitation(ctx context.Context, digest []byte, u User, at time.Time, also ...Part) error {
	used := Part{table.Update(invitationKey(), []table.Change{
		table.Set("used", timeValue(at)), table.Set("user", table.Text(u.Login)),
	}, table.Equals("digest", table.Bytes(digest)), table.Absent("used"))}
	return a.Commit(ctx, append([]Part{used, UserCreated(u)}, also...)...)
}

// Invited tells whether the digest is the invitation's, and by whom it was used ("" when it was not).
// Errors: table.ErrNotFound when there is no such invitation.
func (a *Accounts) Invited(ctx context.Context, digest []byte) (usedBy string, err error) {
	item, err := a.table.Get(ctx, invitationKey())
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(item.Attrs.Bytes("digest"), digest) != 1 {
		return "", table.ErrNotFound
	}
	return item.Attrs.Text("user"), nil
}

// BeginDemo ends any invitation without using it: that is what tells the data of a demonstration from others. Beginning
// again changes nothing. Errors: table.ErrCondition when there is an administrator.
func (a *Accounts) BeginDemo(ctx context.Context, at time.Time) error {
	_, err := a.table.Write(ctx, table.Update(invitationKey(), []table.Change{
		table.Set("v", table.Int(version)), table.SetIfAbsent("used", timeValue(at)),
	}, table.Absent("user")))
	return err
}

// Demo tells whether the data are a demonstration's.
func (a *Accounts) Demo(ctx context.Context) (bool, error) {
	item, err := a.table.Get(ctx, invitationKey())
	if isNotFound(err) {
		return false, nil
	}
	return err == nil && item.Attrs.Has("used") && !item.Attrs.Has("user"), err
}

// Secret gives 32 bytes that belong to this installation: drawn the first time they are asked for, the same ever after.
func (a *Accounts) Secret(ctx context.Context, name string, random io.Reader) ([]byte, error) {
	key := secretKey(name)
	item, err := a.table.Get(ctx, key)
	if err == nil {
		return item.Attrs.Bytes("secret"), nil
	}
	if !errors.Is(err, table.ErrNotFound) {
		return nil, err
	}
	drawn := make([]byte, 32)
	if _, err := io.ReadFull(random, drawn); err != nil {
		return nil, err
	}
	at := newAttrs()
	at.bytes("secret", drawn)
	_, err = a.table.Write(ctx, table.Put(key, at.Attrs, table.ItemAbsent()))
	if old, failed := table.Old(err, 0); failed {
		return old.Attrs.Bytes("secret"), nil
	}
	return drawn, err
}

// MailboxRead tells how far the mailbox of that digest was read: the validity of its numbers, and the last one. Both are 0
// before anything was.
func (a *Accounts) MailboxRead(ctx context.Context, digest string) (validity, uid uint32, err error) {
	item, err := a.table.Get(ctx, mailboxKey(digest))
	if isNotFound(err) {
		return 0, 0, nil
	}
	return uint32(item.Attrs.Int("validity")), uint32(item.Attrs.Int("uid")), err
}

// PutMailboxRead notes how far a mailbox was read: whoever has heard what was in it writes it, after that.
func (a *Accounts) PutMailboxRead(ctx context.Context, digest string, validity, uid uint32) error {
	at := newAttrs()
	at.int("validity", int64(validity))
	at.int("uid", int64(uid))
	_, err := a.table.Write(ctx, table.Put(mailboxKey(digest), at.Attrs))
	return err
}
