package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/rights"
	"convoc/shared/table"
)

// User is somebody who signs in (« agent »).
type User struct {
	Login       string // folded; unique in the installation
	Name, Mail  string // a mail may be empty: then nothing can be sent
	Hash        string // argon2id, PHC string
	Memberships []Membership
	Operator    bool   // keeps the installation
	Generation  int64  // counts how often all her sessions were ended
	Factor      Factor // the second one
	CreatedAt   time.Time

	// Revision counts the changes, and a change is refused when somebody was faster. Zero: the user was written before
	// there were several collectivités, and the registry knows nothing of her.
	Revision int64
}

// Membership is what a user is in a collectivité, and in those below it.
type Membership struct {
	Collectivity collectivity.ID
	Role         rights.Role
	Disabled     bool // she may nothing there, and the role is kept for the day she comes back
}

// Factor is a second factor: an application that makes codes (TOTP, RFC 6238).
type Factor struct {
	Secret   []byte   // shared with the application; empty: none
	Step     int64    // of the last code that was taken: none counts twice
	Recovery []string // digests of the recovery codes that are left
	Since    time.Time
	// Asked and AskedRecovery are those of an application that has not made its first code yet.
	Asked         []byte
	AskedRecovery []string
}

// On tells whether a code is asked for.
func (f Factor) On() bool { return len(f.Secret) > 0 }

// Membership finds the user's in a collectivité.
func (u User) Membership(s collectivity.ID) (Membership, bool) {
	for _, m := range u.Memberships {
		if m.Collectivity == s {
			return m, true
		}
	}
	return Membership{}, false
}

// With gives the memberships with another one in the place of that in the same collectivité; without a role: without it.
func (u User) With(m Membership) []Membership {
	others := slices.DeleteFunc(slices.Clone(u.Memberships), func(o Membership) bool { return o.Collectivity == m.Collectivity })
	if m.Role == "" {
		return others
	}
	others = append(others, m)
	slices.SortFunc(others, func(a, b Membership) int { return cmp.Compare(a.Collectivity, b.Collectivity) })
	return others
}

// memberships are attributes of the user: « at_<siren> » is the role, « off_<siren> » says that it is disabled.
const roleAt, disabledAt = "at_", "off_"

func userAttrs(u User) table.Attrs {
	a := newAttrs()
	a.text("login", u.Login)
	a.text("name", u.Name)
	a.text("mail", u.Mail)
	a.text("hash", u.Hash)
	a.bool("operator", u.Operator)
	a.int("generation", u.Generation)
	a.int("revision", u.Revision)
	a.bytes("factor", u.Factor.Secret)
	a.int("factor_step", u.Factor.Step)
	a.text("factor_codes", strings.Join(u.Factor.Recovery, " "))
	a.bytes("factor_asked", u.Factor.Asked)
	a.text("factor_asked_codes", strings.Join(u.Factor.AskedRecovery, " "))
	a.time("factor_since", u.Factor.Since)
	a.time("created", u.CreatedAt)
	for _, m := range slices.Backward(u.Memberships) {
		a.text(roleAt+string(m.Collectivity), string(m.Role))
		a.bool(disabledAt+string(m.Collectivity), m.Disabled)
		if !m.Disabled { // as the program before this one reads it, which knows one
			a.text("collectivity", string(m.Collectivity))
			a.text("role", string(m.Role))
		}
	}
	return a.Attrs
}

func userOf(at table.Attrs) User {
	u := User{
		Login: at.Text("login"), Name: at.Text("name"), Mail: at.Text("mail"), Hash: at.Text("hash"),
		Operator: at.Bool("operator"), Generation: at.Int("generation"), Revision: at.Int("revision"),
		Factor: Factor{
			Secret: at.Bytes("factor"), Step: at.Int("factor_step"), Recovery: codesOf(at.Text("factor_codes")),
			Asked: at.Bytes("factor_asked"), AskedRecovery: codesOf(at.Text("factor_asked_codes")), Since: timeOf(at, "factor_since"),
		},
		CreatedAt: timeOf(at, "created"),
	}
	for name := range at {
		if s, found := strings.CutPrefix(name, roleAt); found {
			m := Membership{collectivity.ID(s), rights.Role(at.Text(name)), at.Bool(disabledAt + s)}
			u.Memberships = u.With(m)
		}
	}
	if u.Revision == 0 && at.Has("collectivity") { // there was one user and one collectivité: she keeps the installation
		only := Membership{Collectivity: collectivity.ID(at.Text("collectivity")), Role: rights.Role(at.Text("role"))}
		u.Memberships, u.Operator = []Membership{only}, only.Role == rights.Administrator
	}
	return u
}

func codesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Fields(text)
}

// User reads one. Errors: table.ErrNotFound.
func (a *Accounts) User(ctx context.Context, login string) (User, error) {
	item, err := a.table.Get(ctx, userKey(login))
	if err != nil {
		return User{}, err
	}
	return userOf(item.Attrs), nil
}

// CreateUser adds a user. Errors: table.ErrCondition when the login is taken.
func (a *Accounts) CreateUser(ctx context.Context, u User) error {
	return a.Commit(ctx, UserCreated(u))
}

// Users lists the logins of those who have a role in a collectivité itself, sorted.
func (a *Accounts) Users(ctx context.Context, s collectivity.ID) ([]string, error) {
	var logins []string
	q := table.Query{Partition: membersPartition(s), Prefix: prefix("member")}
	err := each(ctx, a.table, q, func(i table.Item) bool {
		logins = append(logins, i.Attrs.Text("login"))
		return true
	})
	return logins, err
}

// Operators lists the logins of those who keep the installation, sorted.
func (a *Accounts) Operators(ctx context.Context) ([]string, error) {
	var logins []string
	err := each(ctx, a.table, table.Query{Partition: operatorsPartition}, func(i table.Item) bool {
		logins = append(logins, i.Attrs.Text("login"))
		return true
	})
	return logins, err
}

// UserCreated adds a user, of whom the collectivités know. The login must be free.
func UserCreated(u User) Part {
	u.Revision = max(u.Revision, 1)
	return append(Part{table.Put(userKey(u.Login), userAttrs(u), table.ItemAbsent())}, membersOf(User{}, u)...)
}

// UserChanged puts a user in the place of what she was when she was read. Nobody else must have changed her since.
func UserChanged(before, after User) Part {
	after.Revision = before.Revision + 1
	unchanged := table.Equals("revision", table.Int(before.Revision))
	if before.Revision == 0 {
		unchanged = table.And(table.ItemPresent(), table.Absent("revision"))
	}
	return append(Part{table.Put(userKey(before.Login), userAttrs(after), unchanged)}, membersOf(before, after)...)
}

// membersOf brings the lists of the collectivités, and that of the opérateurs, in line with what a user is.
func membersOf(before, after User) Part {
	var writes Part
	at := newAttrs()
	at.text("login", after.Login)
	switch {
	case after.Operator:
		writes = append(writes, table.Put(operatorKey(after.Login), at.Attrs))
	case before.Operator:
		writes = append(writes, table.Delete(operatorKey(after.Login)))
	}
	for _, m := range before.Memberships {
		if _, stays := after.Membership(m.Collectivity); !stays {
			writes = append(writes, table.Delete(userOfKey(m.Collectivity, after.Login)))
		}
	}
	for _, m := range after.Memberships {
		writes = append(writes, table.Put(userOfKey(m.Collectivity, after.Login), at.Attrs))
	}
	return writes
}
